# SPDX-License-Identifier: Apache-2.0
FROM debian:bookworm-slim
COPY shop /shop
EXPOSE 8080
ENTRYPOINT exec /shop
CMD ["--port", "8080"]
