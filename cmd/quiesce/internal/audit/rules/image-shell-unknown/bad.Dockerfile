# SPDX-License-Identifier: Apache-2.0
FROM registry.example.org/base:4
COPY shop /shop
EXPOSE 8080
CMD /shop --port 8080
