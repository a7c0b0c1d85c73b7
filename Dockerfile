# For those who have a container engine; "make image" needs none, and makes the same binary. Both base images can be replaced, for
# a mirror or for an image without a base:
#   docker build --build-arg RUNTIME_IMAGE=scratch .
# FROM scratch has no CA certificates: the operator then needs --ca-file.
ARG BUILD_IMAGE=docker.io/library/golang:1.26.8@sha256:6c2a5538f964f1c82f97ad14988bf05de100d922d159d0e398b54c7b0ca0c6c9
ARG RUNTIME_IMAGE=gcr.io/distroless/static-debian13:nonroot@sha256:e2e927ec666bae08560abb3c55d0659eceabb657f56b6782ab500a9fc7f555e3

FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY internal internal
COPY hack/build.sh hack/build.sh
ARG TARGETOS
ARG TARGETARCH
# There is no git history here, so what git knows is handed in.
ARG VERSION=v0.0.0-dev
RUN VERSION=${VERSION} GOOS=${TARGETOS} GOARCH=${TARGETARCH} hack/build.sh ./cmd /manager

FROM ${RUNTIME_IMAGE}
ARG VERSION=v0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="vectara-job-operator" \
      org.opencontainers.image.description="A Kubernetes operator that mirrors background jobs of the Vectara REST API as custom resources" \
      org.opencontainers.image.url="https://github.com/vectara-job-operator/vectara-job-operator" \
      org.opencontainers.image.source="https://github.com/vectara-job-operator/vectara-job-operator" \
      org.opencontainers.image.documentation="https://github.com/vectara-job-operator/vectara-job-operator/blob/main/README.md" \
      org.opencontainers.image.vendor="vectara-job-operator" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
