import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMetrics } from "../src/serve/metrics.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../docs", name), "utf8");

/** Type and labels by name; the labels as far as anything was counted. */
async function metricsThereAre(): Promise<ReadonlyMap<string, string>> {
  const { render } = createMetrics(async () => ({
    sourcesByState: { ok: 1 },
    successAges: [1],
    feeds: 1,
    entries: 1,
    pollerUp: true,
    databaseUp: true,
    ready: true,
    configurationOk: true,
    configurationPending: false,
  }));
  return new Map(
    [...(await render()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
}

describe("what is said of metrics", () => {
  it("names every metric with its type, and none that does not exist", async () => {
    const documented = [...read("metrics.md").matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    expect(documented.toSorted()).toEqual([...(await metricsThereAre())].toSorted());
  });

  it("shows in the dashboard nothing but metrics that exist", async () => {
    const { panels } = JSON.parse(read("grafana-dashboard.json")) as {
      panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const known = await metricsThereAre();
    const named = panels
      .flatMap(({ targets }) => targets)
      .flatMap(({ expr }) => expr.match(/\b(?:storywire|process)_\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, "")))).toEqual(
      [],
    );
  });
});
