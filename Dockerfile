# One image for web, worker, beat, migrations and commands; `docker-compose.yml` says which runs what.

FROM node:22-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.11-slim AS libraries
RUN python -m venv /opt/venv
COPY requirements.lock requirements-spark.lock ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
# Spark adds 600 MB; `--build-arg WITH_SPARK=true` for an image that allocates on it, or is a part of its cluster.
ARG WITH_SPARK=
RUN [ -z "$WITH_SPARK" ] || /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-spark.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data itfm && install -d -o itfm -g itfm -m 0700 /data
ARG WITH_SPARK=
RUN [ -z "$WITH_SPARK" ] || { apt-get update && rm -rf /usr/share/man \
    && apt-get install --yes --no-install-recommends default-jre-headless procps && rm -rf /var/lib/apt/lists/*; }
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=itfm.settings ITFM_HOME=/data ITFM_STATIC=/app/staticfiles
WORKDIR /app
COPY --from=libraries /opt/venv /opt/venv
COPY --from=packages /app/node_modules node_modules
COPY manage.py ./
COPY itfm itfm
COPY ingestion ingestion
COPY allocation allocation
COPY showback showback
COPY forecasting forecasting
COPY governance governance
COPY templates templates
# Compiled for the account that runs it, which cannot write here; the key is thrown away with the command.
RUN PYTHONDONTWRITEBYTECODE= python -m compileall -q itfm ingestion allocation showback forecasting governance \
    && ITFM_SECRET_KEY=build python manage.py collectstatic --noinput \
    && ln -s /app/manage.py /usr/local/bin/itfm && chmod 0755 manage.py
USER itfm
VOLUME /data
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "itfm.wsgi:application"]
