{{/* The prefix of all names: with the release named vectara-job-operator, names are those of config/default. */}}
{{- define "prefix" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- /* Names of objects end at 63 characters, of which the longest suffix takes 35. */ -}}
{{- if gt (len $name) 28 -}}
{{- printf "%s-%s" (trunc 20 $name | trimSuffix "-") (sha256sum $name | trunc 7) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods. It can never change. */}}
{{- define "selector" -}}
app.kubernetes.io/name: vectara-job-operator
app.kubernetes.io/instance: {{ .Release.Name }}
control-plane: controller-manager
{{- end -}}

{{/* Labels of every object. */}}
{{- define "labels" -}}
app.kubernetes.io/name: vectara-job-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "serviceAccount" -}}
{{ include "prefix" . }}-controller-manager
{{- end -}}

{{- define "metricsService" -}}
{{ include "prefix" . }}-controller-manager-metrics-service
{{- end -}}

{{/* The operator as the subject of a binding. */}}
{{- define "subject" -}}
- kind: ServiceAccount
  name: {{ include "serviceAccount" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/*
The name of the Lease. Managers that watch different objects must not wait for each other, and a role can name a Lease only if its
name is known here. The manager would make up a similar one.
*/}}
{{- define "lease" -}}
{{- $all := "vectara-job-operator.jobs.vectara.io" -}}
{{- with .Values.watch -}}
{{- if or .namespaces .labelSelector -}}
{{- $what := printf "%s\n%s" (.namespaces | sortAlpha | join ",") .labelSelector -}}
{{- printf "%s-%s" $all (sha256sum $what | trunc 10) -}}
{{- else -}}
{{- $all -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The rules of a role that "make generate" takes from the Go code. A dict with the chart's root as "root", and the file's name as "file". */}}
{{- define "rules" -}}
{{- $role := .root.Files.Get (printf "files/rbac/%s" .file) | fromYaml -}}
{{ toYaml $role.rules }}
{{- end -}}
