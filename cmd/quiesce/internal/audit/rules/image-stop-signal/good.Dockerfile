# SPDX-License-Identifier: Apache-2.0
FROM gcr.io/distroless/static-debian12
COPY shop /shop
STOPSIGNAL SIGINT
ENTRYPOINT ["/shop"]
