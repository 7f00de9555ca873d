import { expect, it } from "vitest";
import { startOrigin } from "../support/origin.ts";
import { createWorkplace } from "../support/service.ts";

const FEED = `<rss version="2.0"><channel><title>Town</title>${[1, 2, 3].map((number) => `<item><title>Story ${number}</title><link>https://town.example/${number}</link></item>`).join("")}</channel></rss>`;

it("/metrics tells what was visited, published and answered", async () => {
  await using upstream = await startOrigin((request, response) => {
    if (request.url === "/feed") response.writeHead(200, { "content-type": "application/rss+xml" }).end(FEED);
    else response.writeHead(404).end();
  });
  using workplace = createWorkplace(
    {
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }",
      "config/sources/town.yaml": `- { id: town, url: "${upstream.url("/feed")}", every: 1h }\n- { id: lost, url: "${upstream.url("/nothing")}", every: 1h }\n- { id: resting, url: "${upstream.url("/feed")}", paused: true }`,
      "feeds/top.yaml": "title: Top",
      "feeds/two.yaml": "title: Two\nlimit: 2",
    },
    { STORYWIRE_TOKEN: "correct-horse", STORYWIRE_METRICS_BY_SOURCE: "true" },
  );
  const service = await workplace.serve();
  const metrics = async () => {
    const lines = (await (await service.get("/metrics")).text()).split("\n").filter((line) => !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
  };
  await service.until(async () => (await metrics()).get('storywire_sources{state="failing"}') === 1);
  await service.until(async () => (await metrics()).get("storywire_entries") === 5);
  const { headers } = await service.get("/feeds/top.rss");
  await service.get("/feeds/top.rss", { "if-none-match": headers.get("etag") ?? "" });
  await service.get("/feeds/none.rss");
  await service.get("/nowhere/at/all");
  await service.get("/api/v1/sources/town", { authorization: "Bearer correct-horse" });

  await service.until(async () => {
    const seen = await metrics();
    return seen.get('storywire_http_requests_total{route="/api/v1/sources/:id",status="200"}') === 1;
  });
  const seen = await metrics();
  const expected = {
    'storywire_polls_total{outcome="new",code=""}': 1,
    'storywire_polls_total{outcome="failed",code="not_found"}': 1,
    'storywire_stories_total{change="new"}': 3,
    'storywire_sources{state="ok"}': 1,
    'storywire_sources{state="paused"}': 1,
    storywire_feeds: 2,
    storywire_entries: 5,
    storywire_poller_up: 1,
    storywire_database_up: 1,
    'storywire_http_requests_total{route="/feeds/:name",status="200"}': 1,
    'storywire_http_requests_total{route="/feeds/:name",status="304"}': 1,
    'storywire_http_requests_total{route="/feeds/:name",status="404"}': 1,
    'storywire_http_requests_total{route="none",status="404"}': 1,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, seen.get(name)]))).toEqual(expected);
  expect(seen.get("storywire_documents_rendered_total")).toBeGreaterThanOrEqual(6);
  expect(seen.get("storywire_commit_seconds_count")).toBeGreaterThan(0);
  expect(seen.get("storywire_http_sent_bytes_total")).toBeGreaterThan(1_000);
  await service.until(async () => {
    const now = await metrics();
    const isIdle = now.get("storywire_queue_due") === 0 && now.get("storywire_queue_in_flight") === 0;
    return isIdle && (now.get("storywire_freshness_seconds_count") ?? 0) > 0;
  });
  expect((await metrics()).get('storywire_source_freshness_seconds{source="town"}')).toBeGreaterThan(0);
  await service.end("SIGTERM");
}, 60_000);
