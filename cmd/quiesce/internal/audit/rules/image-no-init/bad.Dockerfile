# SPDX-License-Identifier: Apache-2.0
FROM alpine:3.22
RUN apk add --no-cache tini
COPY shop exporter /usr/local/bin/
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
exporter --port 9100 &
exec shop --port 8080
EOF
EXPOSE 8080
ENTRYPOINT ["/entrypoint.sh"]
