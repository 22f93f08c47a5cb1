"""How Django renders forms here."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Render forms, fields and widgets from the project's own templates.

    Needs `django.forms` among the installed apps, so that the templates that we do not override are found.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
