"""People at their browsers, each in a session of their own."""

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser import assert_good_page, sign_in, tick


class Visitor:
    """Somebody who signs in with e-mail, password and a one-time code, and remembers the pages they were on."""

    def __init__(self, page: Page, portal: str, user: User, secret: str) -> None:
        self.page = page
        self._portal = portal
        self._addresses: list[str] = []
        sign_in(page, portal, user, secret=secret)

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(f"{self._portal}{path}")

    def follow(self, name: str) -> None:
        """Follow a link by its name."""
        self.page.get_by_role("link", name=name).first.click()

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, text: str) -> None:
        """Enter a text into the field with that label."""
        self.page.get_by_label(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose an option of the list with that label."""
        self.page.get_by_label(label).select_option(label=option)

    def tick(self, *labels: str) -> None:
        """Tick the boxes, or choose the buttons, with these labels."""
        for label in labels:
            tick(self.page, label)

    def upload(self, label: str, name: str, content: bytes) -> None:
        """Choose a file for the field with that label."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.page.get_by_label(label).set_input_files(file)  # type: ignore[arg-type]

    def download(self, name: str) -> bytes:
        """Press the button or link that answers with a file; return what is in the file."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).click()
        return waiting.value.path().read_bytes()

    def reads(self, *texts: str) -> None:
        """Require the page to show these texts."""
        for text in texts:
            expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible()

    def reads_nowhere(self, text: str) -> None:
        """Require the page not to show a text."""
        expect(self.page.get_by_role("main").get_by_text(text)).to_have_count(0)

    def is_on(self, title: str) -> None:
        """Require the page to have this heading and to be good; it is looked at in Spanish later."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        assert_good_page(self.page)
        self._addresses.append(self.page.url)

    def reads_it_all_in_spanish(self) -> None:
        """Go through the pages again in Spanish: each is as good there."""
        self.go("/settings/")
        self.page.get_by_role("banner").get_by_role("button", name="Español").click()
        for address in dict.fromkeys(self._addresses):
            self.page.goto(address)
            expect(self.page.locator("html")).to_have_attribute("lang", "es")
            assert_good_page(self.page)
