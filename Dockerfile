# Both base images can be replaced, for a mirror or for an image without a base:
#   docker build --build-arg RUNTIME_IMAGE=scratch .
# FROM scratch has no CA certificates: the operator then needs --ca-file.
ARG BUILD_IMAGE=docker.io/library/golang:1.26
ARG RUNTIME_IMAGE=gcr.io/distroless/static:nonroot

FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api api
COPY cmd cmd
COPY internal internal
ARG TARGETOS
ARG TARGETARCH
# The same flags as "make build"; there is no git history here, so the version is handed in.
ARG VERSION=v0.0.0-dev
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X github.com/vectara-job-operator/vectara-job-operator/internal/version.Version=${VERSION}" \
    -o /manager ./cmd

FROM ${RUNTIME_IMAGE}
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
