# One process, no shell: `docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges unity-probe ...`
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN mkdir state
RUN npm run build && npm prune --omit=dev

FROM node:26.10.0-bookworm-slim
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/bin ./bin
COPY --from=build /build/dist ./dist
COPY --from=build /build/profiles ./profiles
COPY --from=build /build/schema ./schema
# The agent's history. A named volume takes its owner from the folder that it is mounted over.
COPY --from=build --chown=65532:65532 /build/state /var/lib/unity-probe
# No HEALTHCHECK: only the agent answers over HTTP, and examples/compose/agent.yaml asks it. Kubernetes would ignore one.
# A number, so that Kubernetes' runAsNonRoot can see that it is not root.
USER 65532:65532
ENTRYPOINT ["node", "/app/bin/unity-probe.js"]
