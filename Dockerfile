# The image of the services: `ibuild -t ibuild .`, see docs/services.md. It has Node.js, the libraries of Debian that this
# needs, and the command: no shell and no package manager.

# An image with npm, sh and Debian's ca-certificates and tzdata; scripts/base-image.ts makes one from packages of Debian.
ARG BASE=docker.io/library/node:24-bookworm

FROM ${BASE} AS build
# Where npm finds packages and whom it trusts, where that is not what it does by itself.
ARG npm_config_registry
ARG NODE_EXTRA_CA_CERTS
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node_modules/.bin/node scripts/build.ts
RUN <<END
set -eu
mkdir -p /image/usr/bin /image/usr/lib/ibuild /image/etc/ssl/certs /image/usr/share/doc /data
cp node_modules/node/bin/node /image/usr/bin/node
npm prune --omit=dev --ignore-scripts --no-audit --no-fund
for folder in node_modules/classic-level/prebuilds/*; do
  case $folder in */linux-$(node -p process.arch)) ;; *) rm -r "$folder" ;; esac
done
find node_modules -name '*musl*' -prune -exec rm -r {} +
rm -rf node_modules/.cache node_modules/.bin node_modules/koffi/src node_modules/koffi/vendor node_modules/koffi/doc node_modules/classic-level/deps
cp -r bin dist node_modules package.json LICENSE /image/usr/lib/ibuild/
rm -r /image/usr/lib/ibuild/dist/types
sed -i '1s,.*,#!/usr/bin/node,' /image/usr/lib/ibuild/bin/ibuild.cjs
chmod 755 /image/usr/lib/ibuild/bin/ibuild.cjs
ln -s ../lib/ibuild/bin/ibuild.cjs /image/usr/bin/ibuild
for library in $(find /image/usr/bin/node /image/usr/lib/ibuild -name node -type f -o -name '*.node' | xargs -n 1 ldd | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
  mkdir -p "/image$(dirname "$library")"
  cp -L "$library" "/image$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/
cp -r /usr/share/zoneinfo /image/usr/share/
for package in libc6 libstdc++6 libgcc-s1 ca-certificates tzdata; do
  mkdir "/image/usr/share/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "/image/usr/share/doc/$package/"
done
echo 'hosts: files dns' > /image/etc/nsswitch.conf
printf '%s\n' root:x:0:0:root:/:/sbin/nologin ibuild:x:65532:65532::/var/lib/ibuild:/sbin/nologin > /image/etc/passwd
printf '%s\n' root:x:0: ibuild:x:65532: > /image/etc/group
mkdir -m 1777 /image/tmp
chmod 700 /data
END

FROM scratch
ARG VERSION=0.1.0
ARG REVISION
LABEL org.opencontainers.image.title="ibuild" \
      org.opencontainers.image.description="Image builder, registry and notary" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /data /var/lib/ibuild
ENV PATH=/usr/bin HOME=/var/lib/ibuild IBUILD_ROOT=/var/lib/ibuild NODE_ENV=production
USER 65532:65532
WORKDIR /var/lib/ibuild
VOLUME /var/lib/ibuild
EXPOSE 5000 4443 7899
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["ibuild", "health"]
ENTRYPOINT ["ibuild"]
CMD ["serve"]
