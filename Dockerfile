# syntax=docker/dockerfile:1
# One program in an image without a shell, a package manager or .NET: what './shardinit publish' makes is whole by itself.
#   docker build -t registry.example.com/shardinit:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 -t registry.example.com/shardinit:0.1.0 --push .
# Behind a mirror of NuGet:  --secret id=nuget,src=NuGet.config
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG RUNTIME=mcr.microsoft.com/dotnet/runtime-deps:10.0.12-noble-chiseled

# On the architecture of the machine that builds; the target's is only a name for the compiler.
FROM --platform=$BUILDPLATFORM ${SDK} AS build
ARG TARGETARCH
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props shardinit ./
COPY src ./src
RUN --mount=type=cache,target=/root/.nuget/packages --mount=type=secret,id=nuget,target=/root/.nuget/NuGet/NuGet.Config,required=false \
    case "${TARGETARCH:-amd64}" in amd64) runtime=linux-x64 ;; arm64) runtime=linux-arm64 ;; *) echo "expected amd64 or arm64, found $TARGETARCH" >&2; exit 1 ;; esac && \
    ./shardinit publish /publish "$runtime"

FROM ${RUNTIME}
LABEL org.opencontainers.image.title="shardinit" \
      org.opencontainers.image.description="Distributed, deterministic weight initializer"
COPY --from=build /publish/shardinit /usr/local/bin/shardinit
# A number, so that Kubernetes can see that it is not root. The same as runAsUser in deploy/k8s.
USER 10001:10001
# Silos: to each other, to clients, to probes. Only documentation; deploy/k8s opens them.
EXPOSE 11111 30000 8080
ENTRYPOINT ["/usr/local/bin/shardinit"]
CMD ["--help"]
