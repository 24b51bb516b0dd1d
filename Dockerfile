# The tap and what it needs, nothing else; runs as a user without rights, on a read-only file system.
#
#   docker build -t tap-jira --build-arg VERSION="$(git describe --tags --abbrev=0)" .
#   docker run --rm --read-only -v "$PWD/config.json:/config.json:ro" tap-jira \
#       --config /config.json --discover

FROM python:3.13-slim AS build
ARG VERSION=v0.0.0
WORKDIR /src
COPY constraints constraints
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r constraints/build.txt \
 && python -m venv /opt/tap-jira \
 && /opt/tap-jira/bin/pip install --no-cache-dir --require-hashes -r constraints/tap.txt
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY tap_jira tap_jira
RUN SETUPTOOLS_SCM_PRETEND_VERSION="${VERSION#v}" \
    /opt/build/bin/python -m hatchling build -t wheel \
 && /opt/tap-jira/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13-slim
ARG VERSION=v0.0.0
ARG REVISION=
LABEL org.opencontainers.image.title="tap-jira" \
      org.opencontainers.image.description="Singer tap for Jira Cloud and Jira Data Center" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
COPY --from=build /opt/tap-jira /opt/tap-jira
# Compiled when it was installed; there is nothing that a run would have to write.
ENV PATH=/opt/tap-jira/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
# For orchestrators that keep the container: can these credentials read Jira? A dozen requests. A run's
# own health is its exit code. The file is the one above; without it, settings are in the environment.
HEALTHCHECK --interval=30m --timeout=60s --start-period=30s --retries=2 \
    CMD config=ENV; [ ! -f /config.json ] || config=/config.json; exec tap-jira --config "$config" --check
ENTRYPOINT ["/opt/tap-jira/bin/tap-jira"]
