#!/usr/bin/env python3
"""Checks docker-compose.yml and deploy/Dockerfile as text; no Docker engine is used.

Usage: check_deploy.py REPOSITORY
Every rule is then broken once in memory, and must complain: a check that can't fail proves nothing.
Exit code 0: all rules hold and each can fail; 1: otherwise.
"""
import os
import re
import sys

import yaml


def pinned(image):
    """A digest, or a tag that is not `latest`; images built here are named baton:local."""
    if "@sha256:" in image:
        return True
    name, _, tag = image.rpartition(":")
    return bool(name) and "/" not in tag and tag != "latest"


def as_list(value):
    return value if isinstance(value, list) else [value] if value else []


def one_shot(service):
    return service.get("restart") == "no" and bool((service.get("healthcheck") or {}).get("disable"))


def check_service(name, service, services, complain):
    image = service.get("image", "")
    if not image and not service.get("build"):
        complain(f"{name}: neither image nor build")
    if image and not pinned(image):
        complain(f"{name}: image {image} is not pinned to a version")
    if not one_shot(service) and not (service.get("healthcheck") or {}).get("test"):
        complain(f"{name}: runs on, but has no health check")
    for port in as_list(service.get("ports")):
        if not isinstance(port, str) or not port.startswith("127.0.0.1:"):
            complain(f"{name}: port {port} is not bound to 127.0.0.1")
    if service.get("privileged") or service.get("network_mode") == "host":
        complain(f"{name}: asks for the machine itself")
    needs = service.get("depends_on") or {}
    if isinstance(needs, list):
        complain(f"{name}: depends_on without conditions")
        needs = {}
    for other, how in needs.items():
        condition = (how or {}).get("condition")
        if other not in services:
            complain(f"{name}: depends on {other}, which is not there")
        elif condition == "service_completed_successfully" and not one_shot(services[other]):
            complain(f"{name}: waits for the end of {other}, which runs on")
        elif condition == "service_healthy" and one_shot(services[other]):
            complain(f"{name}: waits for the health of {other}, which has none")
        elif condition not in ("service_completed_successfully", "service_healthy"):
            complain(f"{name}: depends on {other} without a useful condition")


def check_files_named(root, service, name, complain):
    for volume in as_list(service.get("volumes")):
        source = str(volume).split(":")[0]
        if source.startswith("./") and not os.path.exists(os.path.join(root, source)):
            complain(f"{name}: mounts {source}, which is not there")
    build = service.get("build") or {}
    if build and not os.path.exists(os.path.join(root, build.get("context", "."), build.get("dockerfile", "Dockerfile"))):
        complain(f"{name}: its Dockerfile is not there")


def check_compose(root, text, complain):
    for variable in re.findall(r"\$\{([^}]*)\}", text):
        if ":-" not in variable:
            complain(f"${{{variable}}} has no default, so the file needs an .env")
    compose = yaml.safe_load(text)
    services = compose.get("services") or {}
    for name in ("postgres", "kafka", "migrate", "topics", "app", "simulate"):
        if name not in services:
            complain(f"service {name} is missing")
    for name, service in services.items():
        check_service(name, service, services, complain)
        check_files_named(root, service, name, complain)
        for volume in as_list(service.get("volumes")):
            source = str(volume).split(":")[0]
            if not source.startswith(("./", "/")) and source not in (compose.get("volumes") or {}):
                complain(f"{name}: volume {source} is not declared")
    if services.get("kafka", {}).get("image") != "apache/kafka:4.3.1":
        complain("kafka: the tests run 4.3.1, so must this")
    kafka = services.get("kafka", {}).get("environment") or {}
    for key in ("OFFSETS_TOPIC", "TRANSACTION_STATE_LOG", "SHARE_COORDINATOR_STATE_TOPIC"):
        if kafka.get(f"KAFKA_{key}_REPLICATION_FACTOR") != 1:
            complain(f"kafka: one node needs KAFKA_{key}_REPLICATION_FACTOR 1")
    app = services.get("app", {}).get("environment") or {}
    if "BATON__DATABASE__OWNER_URL" in app or "baton_service:" not in str(app.get("DATABASE_URL")):
        complain("app: must use the service's role and never hold the owner's address")
    migrate = services.get("migrate", {}).get("environment") or {}
    if "baton_owner:" not in str(migrate.get("BATON__DATABASE__OWNER_URL")):
        complain("migrate: must use the owner's role")


def instructions(text):
    """(word, rest) of every instruction; continued lines joined, here-documents belong to their RUN."""
    found, lines = [], iter(text.splitlines())
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        while line.endswith("\\"):
            line = line[:-1] + next(lines, "")
        opened = re.search(r"<<-?['\"]?(\w+)", line)
        if opened:
            for inner in lines:
                line += "\n" + inner
                if inner.strip() == opened.group(1):
                    break
        word, _, rest = line.strip().partition(" ")
        found.append((word.upper(), rest.strip()))
    return found


def check_dockerfile(root, text, complain):
    found = instructions(text)
    stages, last = [], []
    for word, rest in found:
        if word == "FROM":
            parts = rest.split()
            if parts[0] not in stages and not pinned(parts[0]):
                complain(f"Dockerfile: base {parts[0]} is not pinned to a version")
            stages.append(parts[2] if len(parts) > 2 else "")
            last = []
        last.append((word, rest))
    if len(stages) < 2 or "dependencies" not in stages:
        complain("Dockerfile: no separate stage for the dependencies")
    for word, rest in found:
        for command in re.findall(r"cargo build[^\n]*", rest) if word == "RUN" else []:
            if "--locked" not in command:
                complain(f"Dockerfile: `{command}` without --locked")
    with open(os.path.join(root, "Cargo.toml"), encoding="utf-8") as file:
        needed = re.search(r'^rust-version = "([^"]+)"', file.read(), re.M)
    if needed and f"rust:{needed.group(1)}" not in text:
        complain(f"Dockerfile: the builder is not Rust {needed.group(1)}, as Cargo.toml asks")
    users = [rest for word, rest in last if word == "USER"]
    if not users or re.match(r"(root|0)(:|$)", users[-1]):
        complain("Dockerfile: the image runs as root")
    checks = [rest for word, rest in last if word == "HEALTHCHECK"]
    if not checks or '"healthcheck"' not in checks[-1]:
        complain("Dockerfile: no HEALTHCHECK by the binary itself")
    if ("STOPSIGNAL", "SIGTERM") not in last:
        complain("Dockerfile: STOPSIGNAL SIGTERM is missing")
    if not any(word == "ENTRYPOINT" and rest.startswith("[") for word, rest in last):
        complain("Dockerfile: ENTRYPOINT must be a list, else a shell swallows SIGTERM")
    copies = [rest for word, rest in last if word in ("COPY", "ADD")]
    if len(copies) != 1 or not copies[0].startswith("--from="):
        complain("Dockerfile: the image must hold the binary and nothing else of ours")
    with open(os.path.join(root, ".dockerignore"), encoding="utf-8") as file:
        if "*" not in file.read().splitlines():
            complain(".dockerignore: must shut everything out before it lets files in")


# (file, text that stands there, what replaces it): each must raise a complaint.
BREAKS = [
    ("compose", '- "127.0.0.1:${BATON_HTTP_PORT:-8080}:8080"', '- "8080:8080"'),
    ("compose", "image: postgres:17", "image: postgres"),
    ("compose", "image: postgres:17", "image: postgres:latest"),
    ("compose", "apache/kafka:4.3.1", "apache/kafka:4.0.0"),
    ("compose", "test: [CMD, /usr/local/bin/baton, healthcheck]", "retries_only: 1"),
    ("compose", "condition: service_completed_successfully", "condition: service_started"),
    ("compose", "./deploy/postgres-init.sh:", "./deploy/absent.sh:"),
    ("compose", "${BATON_HTTP_PORT:-8080}", "${BATON_HTTP_PORT}"),
    ("compose", "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: 1", "X: 1"),
    ("compose", "DATABASE_URL: postgres://baton_service:", "DATABASE_URL: postgres://baton_owner:"),
    ("compose", "OWNER_URL: postgres://baton_owner:", "OWNER_URL: postgres://postgres:"),
    ("compose", "  kafka-data:\n", ""),
    ("dockerfile", "USER 65532:65532", "USER root"),
    ("dockerfile", "USER 65532:65532\n", ""),
    ("dockerfile", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
    ("dockerfile", 'CMD ["/usr/local/bin/baton", "healthcheck"]', "CMD true"),
    ("dockerfile", "cargo build --release --locked", "cargo build --release"),
    ("dockerfile", "FROM rust:1.95-bookworm", "FROM rust:latest"),
    ("dockerfile", "FROM rust:1.95-bookworm", "FROM rust:1.80-bookworm"),
    ("dockerfile", 'ENTRYPOINT ["/usr/local/bin/baton"]', "ENTRYPOINT /usr/local/bin/baton"),
    ("dockerfile", "COPY --from=build", "COPY . /src\nCOPY --from=build"),
    ("dockerfile", "AS dependencies", "AS other"),
]


def complaints(root, texts):
    found = []
    check_compose(root, texts["compose"], found.append)
    check_dockerfile(root, texts["dockerfile"], found.append)
    return found


def main():
    root = sys.argv[1]
    texts = {}
    for key, path in (("compose", "docker-compose.yml"), ("dockerfile", "deploy/Dockerfile")):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            texts[key] = file.read()
    found = complaints(root, texts)
    for line in found:
        print(f"  wrong: {line}")
    toothless = []
    for file, old, new in BREAKS if not found else []:
        if old not in texts[file] or not complaints(root, {**texts, file: texts[file].replace(old, new, 1)}):
            toothless.append((file, old, new))
    for file, old, new in toothless:
        print(f"  unnoticed: {old!r} -> {new!r} in the {file}")
    print("docker-compose.yml and deploy/Dockerfile were checked as text; no Docker engine was used, nothing was built or started.")
    if found or toothless:
        sys.exit(f"{len(found)} rules broken, {len(toothless)} breaks unnoticed")
    print(f"ok: every rule holds, and each of {len(BREAKS)} deliberate breaks is noticed.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
