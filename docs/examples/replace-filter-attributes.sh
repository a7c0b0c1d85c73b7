#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Replaces the filter attributes of a corpus, waits until Vectara has done it, and then runs a command.
# docs/pipelines.md explains it. Needs bash 4.4, curl 7.76 and kubectl.
#
#   replace-filter-attributes.sh CORPUS_KEY BODY_FILE [COMMAND [ARGUMENT...]]
#
# BODY_FILE holds the JSON that the API is to get. In the environment:
#
#   VECTARA_API_KEY_FILE  file with the key that may start the job; or VECTARA_API_KEY, the key itself
#   VECTARA_ENDPOINT      default: https://api.vectara.io
#   NAMESPACE             of the VectaraJob; default: that of kubectl
#   SECRET                with which the operator follows the job; default: vectara-credentials
#   TIMEOUT               seconds to wait for the end; default: 7200
#   JOB_ID_FILE           remembers the job, so that a second run goes on with it; default: none
#   RUN                   value of the label example.com/run; default: none
#   OWNER_JOB_NAME        with OWNER_JOB_UID, the Kubernetes Job that owns the VectaraJob; default: none
#
# The exit code is that of COMMAND, or 0 without one, after the job completed. Otherwise:
#
#   64  this script was called wrongly
#   65  the job was not started, or not mirrored
#   66  the job failed or was aborted
#   67  the outcome cannot be known until a person does something
#   68  the time is over
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
give_up() { local code=$1; shift; say "$*"; exit "$code"; }

[[ $# -ge 2 && -r $2 ]] || give_up 64 "usage: ${0##*/} CORPUS_KEY BODY_FILE [COMMAND [ARGUMENT...]]"
corpus=$1 body=$2
shift 2
[[ $corpus =~ ^[a-zA-Z0-9_=-]{1,50}$ ]] || give_up 64 "not the key of a corpus: $corpus"
endpoint=${VECTARA_ENDPOINT:-https://api.vectara.io}
deadline=$((SECONDS + ${TIMEOUT:-7200}))

# kubectl in the namespace that was asked for. A function would stand between kubectl and the signal that is to end it.
k=(kubectl)
[[ -z ${NAMESPACE:-} ]] || k+=(--namespace="$NAMESPACE")

# key_header prints the header with the key. printf is bash's own: the key is on no command line.
key_header() {
  local key=${VECTARA_API_KEY:-}
  [[ -z ${VECTARA_API_KEY_FILE:-} ]] || key=$(<"$VECTARA_API_KEY_FILE")
  [[ -n $key ]] || give_up 64 "neither VECTARA_API_KEY_FILE nor VECTARA_API_KEY gives a key"
  printf 'x-api-key: %s\n' "$key"
}

# start starts the job and prints its ID.
start() {
  local header answer
  header=$(key_header) || exit
  answer=$(curl --silent --show-error --fail-with-body --max-time 60 \
    --header @<(printf '%s\n' "$header") --header 'content-type: application/json' \
    --data-binary @"$body" "$endpoint/v2/corpora/$corpus/replace_filter_attributes") ||
    give_up 65 "Vectara did not start the job: $answer"
  # The operator takes IDs of these characters, which also need no escapes in YAML.
  [[ $answer =~ \"job_id\"[[:space:]]*:[[:space:]]*\"(job_[A-Za-z0-9._~:=+-]+)\" ]] ||
    give_up 65 "Vectara answered without a job ID: $answer"
  printf '%s\n' "${BASH_REMATCH[1]}"
}

# manifest prints the VectaraJob. The job ID is too long for a name and for a label, so the API server makes up a name.
manifest() {
  cat <<YAML
apiVersion: jobs.vectara.io/v1alpha1
kind: VectaraJob
metadata:
  generateName: replace-filter-attributes-
  annotations:
    example.com/corpus-key: "$corpus"
YAML
  [[ -z ${RUN:-} ]] || printf '  labels:\n    example.com/run: "%s"\n' "$RUN"
  [[ -z ${OWNER_JOB_UID:-} ]] || cat <<YAML
  ownerReferences:
  - apiVersion: batch/v1
    kind: Job
    name: "$OWNER_JOB_NAME"
    uid: "$OWNER_JOB_UID"
YAML
  cat <<YAML
spec:
  jobID: "$id"
  secretRef:
    name: "${SECRET:-vectara-credentials}"
  ttlSecondsAfterFinished: 86400
YAML
}

# mirror prints the name of a VectaraJob for the job: one that is there already, or else a new one.
mirror() {
  local found
  found=$("${k[@]}" get vectarajobs --field-selector "spec.jobID=${id//=/\\=}" --output name)
  if [[ -n $found ]]; then
    printf '%s\n' "${found%%$'\n'*}"
  else
    manifest | "${k[@]}" create --filename - --output name
  fi
}

# field is the part of a JSONPath that prints a line with a field of a condition: "field Ready reason".
field() { printf '{.status.conditions[?(@.type=="%s")].%s}{"\\n"}' "$@"; }
fields='{.metadata.uid}{"\n"}'$(field Ready status)$(field Ready reason)$(field Stalled status)$(field Ready message)

# look sets what the VectaraJob says now, all of it read at one time. The uid is empty when it is gone.
look() {
  local text
  text=$("${k[@]}" get "$name" --ignore-not-found --output "jsonpath=$fields") || return
  { read -r uid; read -r ready; read -r reason; read -r stalled; read -r message; } <<<"$text" || true
}

# wait_for_either returns when the VectaraJob is Ready or Stalled, when the time is over, or when kubectl has trouble.
wait_for_either() {
  local left=$((deadline - SECONDS)) condition
  for condition in Ready Stalled; do
    "${k[@]}" wait "--for=condition=$condition" "$name" --timeout="${left}s" >/dev/null 2>&1 &
  done
  wait -n || true
  end_children
  wait
}

# end_children ends each kubectl that is still waiting. One that has only just been started may miss a signal.
end_children() {
  local children
  while mapfile -t children < <(jobs -pr) && ((${#children[@]} > 0)); do
    kill "${children[@]}" 2>/dev/null || true
    sleep 0.1
  done
}
trap end_children EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

id=""
if [[ -n ${JOB_ID_FILE:-} && -s $JOB_ID_FILE ]]; then
  id=$(<"$JOB_ID_FILE")
  say "going on with $id"
else
  id=$(start)
  say "started $id"
  [[ -z ${JOB_ID_FILE:-} ]] || printf '%s\n' "$id" >"$JOB_ID_FILE"
fi
name=$(mirror) || give_up 65 "$id runs in Vectara, but there is no VectaraJob for it"
say "waiting for $name"

while ((SECONDS < deadline)); do
  wait_for_either
  if ! look; then
    say "the VectaraJob cannot be read; trying again"
    sleep 2
    continue
  fi
  [[ -n $uid ]] || give_up 67 "the outcome is not known: $name is gone"
  case $ready/$reason/$stalled in
    True/*) say "$message"; "$@"; exit ;;
    */JobFailed/* | */JobAborted/*) give_up 66 "$message" ;;
    */True) give_up 67 "the outcome is not known: $message" ;;
  esac
  sleep 1 # kubectl wait ended early, and may again.
done
give_up 68 "the time is over; $name goes on"
