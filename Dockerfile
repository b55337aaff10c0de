# The service as an image: the versions of requirements.lock, every file checked against its hash, and Hudang itself.
# PostgreSQL is not in it; docker-compose.yml runs one beside it.

FROM node:22-slim AS graphiql
# Another registry than npm's own: docker compose build --build-arg NPM_CONFIG_REGISTRY=...
ARG NPM_CONFIG_REGISTRY
WORKDIR /build
# The versions of package-lock.json, each checked against its hash; no package runs a script of its own.
COPY graphql/console ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund && node build.mjs /graphiql

FROM python:3.13-slim AS packages
# Another index than pip's own: docker compose build --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# What the lock does not name, or names with another hash, is refused here; later steps reach no index.
COPY requirements.lock ./
RUN pip download --require-hashes --only-binary=:all: --requirement requirements.lock --dest /packages
# The build tool, as pinned in pyproject.toml.
RUN pip install setuptools==80.9.0
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY domain domain
COPY ledger ledger
COPY projections projections
COPY graphql graphql
COPY --from=graphiql /graphiql graphql/static
COPY scheduler scheduler
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /packages .
# Of the files that passed, only those that Hudang needs to run: no test tools, no embedded PostgreSQL.
RUN python -m venv /opt/hudang && /opt/hudang/bin/pip install --no-index --find-links /packages hudang

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Hudang" org.opencontainers.image.licenses="Apache-2.0"
# One account for everything, with nothing of its own but the data directory (tokens).
RUN groupadd --gid 10001 hudang \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/hudang --shell /usr/sbin/nologin hudang \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/hudang
COPY --from=packages /opt/hudang /opt/hudang
ENV PATH=/opt/hudang/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HUDANG_DATA=/var/lib/hudang \
    HUDANG_HOST=0.0.0.0 \
    HUDANG_PORT=8000
USER 10001:10001
WORKDIR /var/lib/hudang
EXPOSE 8000
ENTRYPOINT ["hudang"]
CMD ["serve"]
