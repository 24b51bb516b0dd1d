# The tap and what it needs, nothing else; runs as a user without rights.
#
#   docker build -t tap-jira .
#   docker run --rm --read-only -v "$PWD/config.json:/config.json:ro" tap-jira \
#       --config /config.json --discover

FROM python:3.13-slim AS build
WORKDIR /src
COPY constraints constraints
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r constraints/build.txt \
 && python -m venv /opt/tap-jira \
 && /opt/tap-jira/bin/pip install --no-cache-dir --require-hashes -r constraints/tap.txt
COPY pyproject.toml README.md LICENSE ./
COPY tap_jira tap_jira
RUN /opt/build/bin/python -m hatchling build -t wheel \
 && /opt/tap-jira/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13-slim
COPY --from=build /opt/tap-jira /opt/tap-jira
ENV PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
ENTRYPOINT ["/opt/tap-jira/bin/tap-jira"]
