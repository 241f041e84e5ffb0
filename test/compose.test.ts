import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { available, findExecutable } from "./services/executable.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): unknown => parse(readFileSync(join(root, path), "utf8"));

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = read("compose.yaml") as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);

it("brings every engine that Flyball grows onto", () => {
  expect(services.map(([name]) => name).sort()).toEqual([
    "collector",
    "grafana",
    "postgres",
    "prometheus",
    "redis",
    "unleash",
  ]);
});

describe.each(services)("%s", (name, service) => {
  it("publishes its ports on loopback only", () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\$\{[A-Z_]+:-\d+\}|\d+):\d+$/);
  });

  it("is pinned to an exact version", () => {
    expect(service.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-alpine)?$/);
  });

  it("takes every secret from the environment, with a development default that says what it is", () => {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (!/PASSWORD|TOKEN|SECRET/.test(variable)) continue;
      expect(value).toMatch(/^\$\{[A-Z_]+:-.*flyball-dev.*\}$/);
    }
  });

  it("says whether it is healthy, and waits only for services that do", () => {
    // The collector's image holds nothing that could ask.
    if (name !== "collector") expect(service.healthcheck?.test[0]).toBe("CMD");
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(condition).toBe("service_healthy");
      expect(compose.services[other]?.healthcheck).toBeDefined();
    }
  });

  it("mounts what exists, read-only, and volumes that are declared", () => {
    for (const volume of service.volumes ?? []) {
      const [source = "", , mode] = volume.split(":");
      if (source.startsWith("./")) {
        expect(existsSync(join(root, source)), source).toBe(true);
        expect(mode).toBe("ro");
      } else expect(compose.volumes).toHaveProperty(source);
    }
  });
});

describe("the mounted configuration", () => {
  it("has a collector whose pipelines name what is declared", () => {
    const collector = read("deploy/otel-collector.yaml") as Record<string, Record<string, unknown>>;
    const { pipelines, extensions } = collector.service as {
      pipelines: Record<string, Record<"receivers" | "processors" | "exporters", string[]>>;
      extensions: string[];
    };
    for (const pipeline of Object.values(pipelines)) {
      for (const kind of ["receivers", "processors", "exporters"] as const) {
        for (const name of pipeline[kind]) expect(collector[kind]).toHaveProperty(name);
      }
    }
    for (const extension of extensions) expect(collector.extensions).toHaveProperty(extension);
  });

  it("points Grafana at the Prometheus beside it", () => {
    const provisioned = read("deploy/grafana/provisioning/datasources/prometheus.yaml") as {
      datasources: { url: string; uid: string }[];
    };
    expect(provisioned.datasources).toMatchObject([{ uid: "prometheus", url: "http://prometheus:9090" }]);
    expect(compose.services.prometheus).toBeDefined();
  });

  it.skipIf(!available("promtool"))("has a scrape configuration that Prometheus accepts", () => {
    const promtool = findExecutable("promtool") ?? "promtool";
    const said = execFileSync(promtool, ["check", "config", join(root, "deploy/prometheus.yml")], { encoding: "utf8" });
    expect(said).toContain("SUCCESS");
  });
});
