# SPDX-License-Identifier: Apache-2.0
FROM alpine:3.22
COPY shop /shop
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
set -e
/shop migrate
"$@"
EOF
EXPOSE 8080
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/shop", "--port", "8080"]
