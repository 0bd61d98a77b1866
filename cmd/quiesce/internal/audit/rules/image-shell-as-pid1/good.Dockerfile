# SPDX-License-Identifier: Apache-2.0
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
RUN go build -o /shop ./cmd/shop

FROM debian:bookworm-slim
COPY --from=build /shop /shop
EXPOSE 8080
CMD ["/shop", "--port", "8080"]
