# Resguardo's image: the web server, the workers, beat, and the one-off commands. Runs as an unprivileged user.
# The packages come locked by hash; the image holds neither compiler nor Node nor embedded servers.

FROM node:22-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim-bookworm AS packages
WORKDIR /build
COPY requirements/bootstrap.lock requirements/base.lock requirements/
RUN python -m venv /opt/resguardo \
 && python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock \
 && uv pip sync --no-cache --python /opt/resguardo/bin/python --require-hashes requirements/base.lock
ENV PATH=/opt/resguardo/bin:$PATH
COPY . /srv/resguardo
COPY --from=front-end /build/node_modules /srv/resguardo/node_modules
WORKDIR /srv/resguardo
# Static files get their hashed names here; this step makes itself throw-away demo secrets, which the image does not keep.
RUN python -c "import bootstrap; bootstrap.copy_front_end()" \
 && RESGUARDO_DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity=0 \
 && for po in locale/*/LC_MESSAGES/*.po; do \
      [ ! -e "$po" ] || pybabel compile --input-file "$po" --output-file "${po%.po}.mo"; \
    done \
 && rm -rf node_modules tests benchmarks /tmp/build \
 && python -m compileall -q .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/resguardo --create-home resguardo \
 && install --directory --owner=resguardo --group=resguardo --mode=700 \
      /var/lib/resguardo/files /var/lib/resguardo/keystore /var/lib/resguardo/journal \
      /var/lib/resguardo/certificates /var/lib/resguardo/checkpoints
COPY --from=packages /opt/resguardo /opt/resguardo
COPY --from=packages /srv/resguardo /srv/resguardo
ENV PATH=/opt/resguardo/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RESGUARDO_ENV=production \
    RESGUARDO_BIND=0.0.0.0 \
    RESGUARDO_DATA_DIR=/var/lib/resguardo
WORKDIR /srv/resguardo
USER resguardo
EXPOSE 8000
VOLUME /var/lib/resguardo
CMD ["gunicorn", "--config", "python:portal.web_server", "portal.wsgi"]
