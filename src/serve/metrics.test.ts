import { describe, expect, it } from "vitest";
import { countAnswer, createMetrics, type Gauges } from "./metrics.ts";

const quiet: Gauges = {
  sourcesByState: {},
  successAges: [],
  feeds: 0,
  entries: 0,
  pollerUp: true,
  databaseUp: true,
  ready: true,
  configurationOk: true,
  configurationPending: false,
};

/** The samples of one metric as they are written. */
async function samples(metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> {
  return (await metrics.render())
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe("metrics", () => {
  it("tell how fresh documents are, by source only where sources may be named", async () => {
    const metrics = createMetrics(async () => quiet);
    metrics.count({ did: "render", documents: 3, refused: 0, freshMs: [1_200], sources: [] });
    expect(await samples(metrics, "storywire_freshness_seconds_sum")).toEqual(["storywire_freshness_seconds_sum 1.2"]);
    expect(await samples(metrics, "storywire_source_freshness_seconds")).toEqual([]);
    const sources = [{ id: "town", freshMs: 900 }];
    metrics.count({ did: "render", documents: 3, refused: 0, freshMs: [900], sources });
    expect(await samples(metrics, "storywire_source_freshness_seconds")).toEqual([
      'storywire_source_freshness_seconds{source="town"} 0.9',
    ]);
  });

  it("count visits by outcome and code, and the stories they brought", async () => {
    const metrics = createMetrics(async () => quiet);
    metrics.count({
      did: "poll",
      outcome: "new",
      stories: { new: 3, updated: 1 },
      wireBytes: 900,
      stageMs: { fetch: 20 },
    });
    metrics.count({ did: "poll", outcome: "new", stories: { new: 1, updated: 0 } });
    metrics.count({ did: "poll", outcome: "failed", code: "not_found", stories: { new: 0, updated: 0 } });
    expect(await samples(metrics, "storywire_polls_total")).toEqual([
      'storywire_polls_total{outcome="new",code=""} 2',
      'storywire_polls_total{outcome="failed",code="not_found"} 1',
    ]);
    expect(await samples(metrics, "storywire_stories_total")).toEqual([
      'storywire_stories_total{change="new"} 4',
      'storywire_stories_total{change="updated"} 1',
    ]);
    expect(await samples(metrics, "storywire_poll_wire_bytes_total")).toEqual(["storywire_poll_wire_bytes_total 900"]);
  });

  it("tell answers that found nothing new apart, and go on counting after they were asked for", async () => {
    const metrics = createMetrics(async () => quiet);
    const counts = metrics.answers("/feeds/:name");
    countAnswer(counts, 200);
    countAnswer(counts, 304);
    await metrics.render();
    countAnswer(counts, 304);
    expect(await samples(metrics, "storywire_http_requests_total")).toEqual([
      'storywire_http_requests_total{route="/feeds/:name",status="200"} 1',
      'storywire_http_requests_total{route="/feeds/:name",status="304"} 2',
    ]);
  });

  it("sum up ten thousand sources in four series", async () => {
    const successAges = Array.from({ length: 10_000 }, (_, index) => 10_000 - index);
    const metrics = createMetrics(async () => ({ ...quiet, successAges }));
    expect(await samples(metrics, "storywire_source_success_age_seconds")).toEqual(
      ["0.5", "0.9", "0.99", "1"].map(
        (quantile) => `storywire_source_success_age_seconds{quantile="${quantile}"} ${Number(quantile) * 10_000}`,
      ),
    );
  });

  it("keep the last count of entries while the database cannot be read", async () => {
    let now = { ...quiet, entries: 7 as number | null };
    const metrics = createMetrics(async () => now);
    await metrics.render();
    now = { ...quiet, entries: null, databaseUp: false };
    expect(await samples(metrics, "storywire_entries")).toEqual(["storywire_entries 7"]);
    expect(await samples(metrics, "storywire_database_up")).toEqual(["storywire_database_up 0"]);
  });

  it("show a stall of the thread, until they were asked for", async () => {
    const metrics = createMetrics(async () => quiet);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const end = performance.now() + 120;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const [stall = ""] = await samples(metrics, "storywire_stall_max_seconds");
    expect(Number(stall.split(" ")[1])).toBeGreaterThan(0.09);
  });
});
