#!/usr/bin/env bash
# A real single-node Kafka (KRaft) for tests and benches, from Maven Central's jars: no Docker, no system service.
#
#   scripts/kafka.sh start DIR [PORT]   start, wait until it answers; data, settings and log live in DIR
#   scripts/kafka.sh stop DIR           SIGTERM, SIGKILL after 20 s
#   scripts/kafka.sh kill DIR           SIGKILL at once (fault tests)
#   scripts/kafka.sh restart DIR        stop and start on the same ports with the same data
#   scripts/kafka.sh status DIR         exit code 0 when it answers
#   scripts/kafka.sh fetch              only download the jars into the cache
#
# KAFKA_BRIEF=yes: the broker lives for one test, so Java compiles and collects in its quickest way to start and takes
# Kafka's classes from an archive that the first such start makes.
#
# Writes DIR/server.properties, DIR/kafka.pid, DIR/bootstrap (host:port), DIR/kafka.log.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/common.sh"

kafka_version=4.3.1
# Kafka's jars bring slf4j without a backend; without one a failed start would leave an empty log.
log4j_version=2.25.4
# By its full name, so that every Maven takes the same plugin and names the true cause when it can't fetch it.
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
start_seconds=60
stop_seconds=20
# Java writes the archive of classes while it stops, which a busy machine takes long for.
archive_seconds=120
# The port is chosen before the broker binds it, so somebody may be faster; more than three times is no accident.
port_attempts=3

cache="${XDG_CACHE_HOME:-$HOME/.cache}/baton/kafka-$kafka_version"

usage() {
  sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

fetch() {
  [ -f "$cache/kafka_2.13-$kafka_version.jar" ] && return 0
  command -v mvn >/dev/null 2>&1 || die "Maven (mvn) is missing and Kafka $kafka_version is not in $cache yet; run: scripts/install-packages.sh --test"
  say "fetching Kafka $kafka_version from Maven Central into $cache (about 45 MB, once)"
  local work
  mkdir -p "$(dirname "$cache")"
  work=$(mktemp -d "$cache.part-XXXXXX")
  cat >"$work/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>baton</groupId><artifactId>kafka-server</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j_version</version></dependency>
  </dependencies>
</project>
XML
  if ! mvn -q -B -f "$work/pom.xml" "$dependency_plugin:copy-dependencies" -DincludeScope=runtime \
    -DoutputDirectory="$work/lib" >"$work/maven.log" 2>&1; then
    show_tail "$work/maven.log" "Maven"
    rm -rf "$work"
    die "Kafka $kafka_version could not be fetched from Maven Central (behind a proxy: ~/.m2/settings.xml; behind a certificate authority of your own: update-ca-certificates)"
  fi
  # A rename is atomic: another run sees all jars or none. If it was faster, its folder stays and ours goes.
  chmod 755 "$work/lib"
  mv -T "$work/lib" "$cache" 2>/dev/null || [ -f "$cache/kafka_2.13-$kafka_version.jar" ] || die "cannot write $cache"
  rm -rf "$work"
}

# Options of Java for every process below.
java_options=()

# brief: options for a broker that lives for one test. It starts with a third of the work: most of a start is reading and
# compiling classes. The archive serves the Java alone that made it; without one the broker starts as ever, but slower.
brief() {
  java_options=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC)
  local archive
  archive="$cache.classes-$(stat -L -c %Y "$(command -v java)").jsa"
  [ -f "$archive" ] || make_archive "$archive" || say "no archive of classes could be made: the broker starts without"
  [ ! -f "$archive" ] || java_options+=("-XX:SharedArchiveFile=$archive" -Xshare:auto)
}

# make_archive FILE: by starting and stopping a broker; of several at once one makes it, the others wait.
make_archive() (
  exec 9>"$cache.lock"
  flock 9
  [ ! -f "$1" ] || exit 0
  say "making an archive of Kafka's classes, so that brokers of tests start quickly (once)"
  dir=$(mktemp -d "$cache.part-XXXXXX")
  trap 'rm -rf "$dir"' EXIT
  wanted_port='' stop_seconds=$archive_seconds
  begin "-XX:ArchiveClassesAtExit=$dir/classes.jsa" 9>&-
  stop
  mv "$dir/classes.jsa" "$1"
)

pid_of() { cat "$dir/kafka.pid" 2>/dev/null || true; }
is_running() { runs "$(pid_of)" "$dir/server.properties"; }

need_java() {
  command -v java >/dev/null 2>&1 || die "java is missing (Kafka $kafka_version needs 17 or newer); run: scripts/install-packages.sh --test"
}

write_settings() {
  local port=$1 controller=$2
  cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
# A broker that was killed may register again once its old session has run out: 4 s instead of 9.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
# One node holds every copy; few partitions of the inner topics make start and restart quick.
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
# a record of 5 MiB must come through, so that its refusal can be tested
message.max.bytes=10485760
replica.fetch.max.bytes=10485760
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=2
PROPERTIES
  cat >"$dir/log4j2.properties" <<'PROPERTIES'
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{HH:mm:ss.SSS} %-5p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
# Prints every setting at start, as warnings where they are unused.
logger.config.name=org.apache.kafka.common.config
logger.config.level=error
PROPERTIES
  echo "127.0.0.1:$port" >"$dir/bootstrap"
}

format() {
  local id
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'Aa' | cut -c1-22)
  java -Xmx256m "${java_options[@]}" -Dlog4j2.configurationFile="$dir/log4j2.properties" -cp "$cache/*" kafka.tools.StorageTool format \
    --standalone -t "$id" -c "$dir/server.properties" >>"$dir/kafka.log" 2>&1 ||
    { show_tail "$dir/kafka.log" "Kafka's log"; die "Kafka's storage could not be formatted (java 17 or newer is needed)"; }
}

# launch [OPTION]: starts the broker of DIR/server.properties in its own session, so that Ctrl-C reaches only the tests,
# with one more option of Java. Exit code as kafka_answers.py.
launch() {
  setsid java -Xms128m -Xmx512m "${java_options[@]}" "$@" -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
    -Dlog4j2.configurationFile="$dir/log4j2.properties" -cp "$cache/*" kafka.Kafka "$dir/server.properties" \
    </dev/null >>"$dir/kafka.log" 2>&1 &
  echo $! >"$dir/kafka.pid"
  python3 "$here/kafka_answers.py" "$(cat "$dir/bootstrap")" "$start_seconds" "$!"
}

fail_to_start() {
  local how="did not answer within $start_seconds s"
  is_running || how="ended while starting"
  show_tail "$dir/kafka.log" "Kafka's log"
  end_pid "$(pid_of)" "$dir/server.properties" "$stop_seconds" Kafka
  rm -f "$dir/kafka.pid"
  die "Kafka $how (port $(sed 's/.*://' "$dir/bootstrap")); its last lines are above"
}

# begin [OPTION]: a new broker on free ports, with one more option of Java.
begin() {
  local attempt ports
  for ((attempt = 1; ; attempt++)); do
    mapfile -t ports < <(free_ports 2)
    [ "${#ports[@]}" -eq 2 ] || die "no free ports on the loopback address"
    rm -rf "$dir/data"
    : >"$dir/kafka.log"
    write_settings "${wanted_port:-${ports[0]}}" "${ports[1]}"
    format
    launch "$@" && break
    if [ "$attempt" -ge "$port_attempts" ] || [ -n "$wanted_port" ] ||
      ! grep -q 'Address already in use' "$dir/kafka.log"; then
      fail_to_start
    fi
    end_pid "$(pid_of)" "$dir/server.properties" "$stop_seconds" Kafka
  done
}

start() {
  if is_running; then
    say "already running at $(cat "$dir/bootstrap")"
    return 0
  fi
  need_java
  fetch
  [ -z "${KAFKA_BRIEF:-}" ] || brief
  if [ -f "$dir/server.properties" ] && [ -d "$dir/data" ]; then
    launch || fail_to_start
  else
    begin
  fi
  say "Kafka $kafka_version answers at $(cat "$dir/bootstrap") (pid $(pid_of))"
}

stop() {
  end_pid "$(pid_of)" "$dir/server.properties" "$stop_seconds" Kafka
  rm -f "$dir/kafka.pid"
}

[ $# -ge 1 ] || usage
command=$1
if [ "$command" = fetch ]; then
  fetch
  exit 0
fi
[ $# -ge 2 ] || usage
case "$command" in start | stop | kill | restart | status) ;; *) usage ;; esac
[ "$command" != start ] || mkdir -p "$2"
dir=$(cd "$2" 2>/dev/null && pwd) || die "no such folder: $2"
wanted_port=${3:-}

case "$command" in
  start) start ;;
  stop) stop ;;
  kill)
    is_running && kill -KILL "$(pid_of)"
    rm -f "$dir/kafka.pid"
    ;;
  restart)
    [ -f "$dir/server.properties" ] || die "nothing to restart: $dir/server.properties is missing; use start"
    stop
    start
    ;;
  status)
    is_running || { say "not running in $dir"; exit 1; }
    python3 "$here/kafka_answers.py" "$(cat "$dir/bootstrap")" 5 || exit 1
    say "answers at $(cat "$dir/bootstrap") (pid $(pid_of))"
    ;;
esac
