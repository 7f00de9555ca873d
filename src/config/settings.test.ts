import { access, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { SettingsError } from "../errors.ts";
import { type Configuration, configurationPlace, loadConfiguration, type Validators } from "./settings.ts";

type Environment = Readonly<Record<string, string>>;

/** Writes the files of a configuration into a folder of its own. */
async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "storywire-config-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  for (const folder of ["config/sources", "feeds"]) await mkdir(join(cwd, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), text);
  }
  return cwd;
}

function loadIn(cwd: string, env: Environment = {}, validators: Validators = {}): Promise<Configuration> {
  return loadConfiguration({ ...configurationPlace({}, env, cwd), ...validators });
}

async function load(files: Readonly<Record<string, string>>, env: Environment = {}, validators: Validators = {}) {
  return loadIn(await folderWith(files), env, validators);
}

/** The lines an operator reads. */
async function complaintsIn(cwd: string, env: Environment = {}, validators: Validators = {}): Promise<string[]> {
  const error = await loadIn(cwd, env, validators).catch((thrown: unknown) => thrown);
  if (!(error instanceof SettingsError)) throw new Error("expected the configuration to be refused", { cause: error });
  expect(error.code).toBe("bad_settings");
  return error.message.split("\n");
}

async function complaints(
  files: Readonly<Record<string, string | Uint8Array>>,
  env: Environment = {},
  validators: Validators = {},
) {
  return complaintsIn(await folderWith(files), env, validators);
}

const source = (more = "") => `id: a\nurl: https://news.example/\n${more}`;

describe("settings", () => {
  test("an empty configuration means the documented defaults, and nothing to publish", async () => {
    const cwd = await folderWith({});
    expect(await loadIn(cwd)).toEqual({
      settings: {
        service: {
          title: "Storywire",
          baseUrl: "http://127.0.0.1:8080",
          listen: { host: "127.0.0.1", port: 8080 },
          language: "en",
          webWorkers: 1,
          metricsBySource: false,
          trustProxy: [],
        },
        database: { kind: "sqlite", path: join(cwd, "data/storywire.db") },
        dataDir: join(cwd, "data"),
        filesRoot: cwd,
        polling: { everyMs: 1_800_000, minimumMs: 300_000, perHost: { inFlight: 2, perSecond: 1 }, inFlight: 64 },
        limits: {
          bodyBytes: 16 * 1024 * 1024,
          totalMs: 30_000,
          redirects: 10,
          parseMs: 5000,
          kept: { count: 2, sourceBytesMax: 1024 ** 2, bytesMax: 1024 ** 3 },
        },
        surprises: { entries: 10 },
        retention: { stories: {}, revisions: {}, polls: { maxAgeMs: 30 * 86_400_000, maxCount: 1_000 } },
        allowAddresses: [],
        logLevel: "info",
      },
      sources: [],
      feeds: [],
    });
  });

  test("every key of storywire.yaml is read", async () => {
    const { settings } = await load({
      "config/storywire.yaml": `
service: { title: My wire, baseUrl: "https://wire.example/news/", listen: "[::1]:80", language: de-at, contact: "mailto:ops@wire.example", webWorkers: 2, trustProxy: [loopback, 10.1.0.0/16] }
database: sqlite:./db/x.db
data: /var/lib/storywire
files: pages
polling: { every: 1h, minimum: 90s, perHost: { inFlight: 1, perSecond: 0.5 }, inFlight: 8 }
limits: { bodyBytes: 8MB, fetchSeconds: 2.5, redirects: 0, parseSeconds: 1 }
retention: { stories: { days: 400, count: 5000 }, revisions: { count: 10 }, polls: { days: 7 } }
allowAddresses: [10.0.0.0/8, "::1"]
token: opensesame
log: warn
`,
    });
    expect(settings).toMatchObject({
      service: {
        title: "My wire",
        baseUrl: "https://wire.example/news",
        listen: { host: "::1", port: 80 },
        language: "de-AT",
        contact: "mailto:ops@wire.example",
        webWorkers: 2,
        metricsBySource: false,
        trustProxy: ["127.0.0.0/8", "::1/128", "10.1.0.0/16"],
      },
      database: { kind: "sqlite", path: expect.stringMatching(/[^.]\/db\/x\.db$/) },
      dataDir: "/var/lib/storywire",
      filesRoot: expect.stringMatching(/\/pages$/),
      polling: { everyMs: 3_600_000, minimumMs: 90_000, perHost: { inFlight: 1, perSecond: 0.5 }, inFlight: 8 },
      limits: { bodyBytes: 8_000_000, totalMs: 2500, redirects: 0, parseMs: 1000, kept: { count: 2 } },
      retention: {
        stories: { maxAgeMs: 400 * 86_400_000, maxCount: 5_000 },
        revisions: { maxCount: 10 },
        polls: { maxAgeMs: 7 * 86_400_000, maxCount: 1_000 },
      },
      allowAddresses: ["10.0.0.0/8", "::1/128"],
      token: "opensesame",
      logLevel: "warn",
    });
  });

  test("variables of the environment stand over the file, setting by setting", async () => {
    const { settings } = await load(
      { "config/storywire.yaml": "service: { title: From the file, listen: 127.0.0.1:1 }\nlimits: { redirects: 3 }" },
      {
        STORYWIRE_LISTEN: "0.0.0.0:9000",
        STORYWIRE_DATABASE_URL: "postgres://wire@db.example/wire",
        STORYWIRE_LIMITS_FETCH_SECONDS: "7.5",
        STORYWIRE_LIMITS_BODY_BYTES: "65536",
        STORYWIRE_ALLOW_ADDRESSES: "10.0.0.0/8, 127.0.0.1/32",
        STORYWIRE_LANGUAGE: "",
        STORYWIRE_WEB_WORKERS: "4",
        STORYWIRE_METRICS_BY_SOURCE: "true",
        STORYWIRE_TRUST_PROXY: "192.0.2.1, loopback",
        PORT: "1234",
      },
    );
    expect(settings.service).toEqual({
      title: "From the file",
      listen: { host: "0.0.0.0", port: 9000 },
      // "0.0.0.0" is no address that a reader could visit.
      baseUrl: "http://localhost:9000",
      language: "en",
      webWorkers: 4,
      metricsBySource: true,
      trustProxy: ["192.0.2.1/32", "127.0.0.0/8", "::1/128"],
    });
    expect(settings.database).toEqual({ kind: "postgres", url: "postgres://wire@db.example/wire" });
    expect(settings.limits).toMatchObject({ redirects: 3, totalMs: 7500, bodyBytes: 65_536 });
    expect(settings.allowAddresses).toEqual(["10.0.0.0/8", "127.0.0.1/32"]);
  });

  test("a variable that is neither true nor false is refused as such", async () => {
    expect(await complaints({}, { STORYWIRE_METRICS_BY_SOURCE: "yes" })).toEqual([
      'environment: STORYWIRE_METRICS_BY_SOURCE is "yes"; wanted: true or false',
    ]);
  });

  test("PORT alone changes the port and keeps the host", async () => {
    const { settings } = await load({ "config/storywire.yaml": "service: { listen: 0.0.0.0:80 }" }, { PORT: "3000" });
    expect(settings.service.listen).toEqual({ host: "0.0.0.0", port: 3000 });
    expect(await complaints({}, { PORT: "70000" })).toEqual([
      'environment: PORT is "70000"; wanted: a port from 0 to 65535',
    ]);
  });

  test("secrets can be read from the files that _FILE variables name", async () => {
    const cwd = await folderWith({ "secrets/token": "opensesame\n" });
    const { settings } = await loadIn(cwd, { STORYWIRE_TOKEN_FILE: "secrets/token" });
    expect(settings.token).toBe("opensesame");
    expect(
      await complaintsIn(cwd, {
        STORYWIRE_TOKEN_FILE: "secrets/token",
        STORYWIRE_TOKEN: "hunter2",
        STORYWIRE_DATABASE_URL_FILE: "secrets/none",
      }),
    ).toEqual([
      'environment: STORYWIRE_DATABASE_URL_FILE is "secrets/none"; wanted: a file that can be read',
      "environment: STORYWIRE_TOKEN_FILE; wanted: either STORYWIRE_TOKEN or STORYWIRE_TOKEN_FILE",
    ]);
  });

  test("folders come from the command line, else the environment, else the working directory", () => {
    const env = { STORYWIRE_CONFIG: "/etc/wire", STORYWIRE_FEEDS: "" };
    expect(configurationPlace({}, env, "/srv")).toMatchObject({ configDir: "/etc/wire", feedsDir: "/srv/feeds" });
    expect(configurationPlace({ config: "c", feeds: "/f" }, env, "/srv")).toMatchObject({
      configDir: "/srv/c",
      feedsDir: "/f",
    });
  });

  test("a wrong value is told with file, line, column, value and what was wanted, all of them at once", async () => {
    const storywire = `service:
  titel: x
  listen: 8080
  baseUrl: "ftp://x"
polling: { every: 5, minimum: 10q, perHost: { inFlight: 0 } }
limits:
  bodyBytes: 64MiB
  redirects: 1.5
allowAddresses: [10.0.0.0/40]
database: mysql:x
log: loud
`;
    const env = { STORYWIRE_LISTEN: "nowhere", STORYWIRE_LIMITS_REDIRECTS: "few" };
    expect(await complaints({ "config/storywire.yaml": storywire, "feeds/top.yaml": "limit: 5" }, env)).toEqual([
      'config/storywire.yaml:4:12: service.baseUrl is "ftp://x"; wanted: an http or https address without user, password, ? and #',
      "config/storywire.yaml:3:11: service.listen is 8080; wanted: an address such as 127.0.0.1:8080 or [::1]:8080",
      "config/storywire.yaml:2:3: service.titel is not a known key; wanted: title",
      "config/storywire.yaml:10:11: database is (hidden); wanted: sqlite:./data/storywire.db, or postgres://user@host/name",
      "config/storywire.yaml:5:19: polling.every is 5; wanted: a duration such as 90s, 30m, 6h or 1d",
      'config/storywire.yaml:5:31: polling.minimum is "10q"; wanted: a duration such as 90s, 30m, 6h or 1d',
      "config/storywire.yaml:5:57: polling.perHost.inFlight is 0; wanted: at least 1",
      'config/storywire.yaml:7:14: limits.bodyBytes is "64MiB"; wanted: a size of at most 32MiB',
      "config/storywire.yaml:8:14: limits.redirects is 1.5; wanted: a whole number",
      'config/storywire.yaml:9:18: allowAddresses[0] is "10.0.0.0/40"; wanted: an address range such as 10.0.0.0/8 or ::1/128',
      'config/storywire.yaml:11:6: log is "loud"; wanted: one of fatal, error, warn, info, debug, trace, silent',
      'environment: STORYWIRE_LISTEN is "nowhere"; wanted: an address such as 127.0.0.1:8080 or [::1]:8080',
      'environment: STORYWIRE_LIMITS_REDIRECTS is "few"; wanted: a number',
      "feeds/top.yaml:1:1: title is missing; wanted: text",
    ]);
  });

  test("a key nobody knows names the nearest known one, else all of them", async () => {
    expect(await complaints({ "config/storywire.yaml": "poling: {}\nxyzzy: 1" })).toEqual([
      "config/storywire.yaml:1:1: poling is not a known key; wanted: polling",
      "config/storywire.yaml:2:1: xyzzy is not a known key; wanted: one of service, database, data, files, polling, limits, surprises, retention, allowAddresses, token, log",
    ]);
  });

  test("polling.every may not be below polling.minimum, and follows a minimum that is above the default", async () => {
    expect(await complaints({ "config/storywire.yaml": "polling: { every: 4m }" })).toEqual([
      'config/storywire.yaml:1:19: polling.every is "4m"; wanted: at least polling.minimum (5m)',
    ]);
    expect(await complaints({}, { STORYWIRE_POLLING_EVERY: "10s" })).toEqual([
      'environment: STORYWIRE_POLLING_EVERY is "10s"; wanted: at least polling.minimum (5m)',
    ]);
    const { settings } = await load({ "config/storywire.yaml": "polling: { minimum: 2h }" });
    expect(settings.polling.everyMs).toBe(7_200_000);
  });
});

describe("sources", () => {
  test("a source of two lines gets the documented defaults", async () => {
    const { sources } = await load({ "config/sources/a.yaml": source() });
    expect(sources).toEqual([
      {
        id: "a",
        url: "https://news.example/",
        kind: "auto",
        rhythm: { kind: "every", everyMs: 1_800_000 },
        timeZone: "UTC",
        tags: [],
        listing: { follow: false },
        more: true,
        headers: {},
        cookies: {},
        robots: true,
        paused: false,
      },
    ]);
  });

  test("every key of a source is read", async () => {
    const { sources } = await load({
      "config/sources/a.yml": `
- id: full
  url: https://news.example/politics
  kind: listing
  title: Politics
  adaptive: { min: 10m, max: 1d }
  timeZone: America/New_York
  tags: [politics, "public affairs"]
  listing: { items: "main li", title: h3, link: a, date: time, image: img, summary: p, next: "a[rel=next]", heading: More, follow: true }
  page: { more: false }
  headers: { X-Api-Key: k }
  cookies: { consent: "yes" }
  auth: { bearer: b }
  userAgent: Mine/1.0
  proxy: http://proxy.example:3128
  robots: false
  identity: url
  paused: true
  capturedAt: 2025-10-17T14:00:00+02:00
  documentUrl: https://news.example/
  contentType: text/html
- { id: timed, url: "https://news.example/feed", cron: "*/15 * * * *" }
`,
    });
    expect(sources).toEqual([
      {
        id: "full",
        url: "https://news.example/politics",
        kind: "listing",
        title: "Politics",
        rhythm: { kind: "adaptive", minMs: 600_000, maxMs: 86_400_000 },
        timeZone: "America/New_York",
        tags: ["politics", "public affairs"],
        listing: {
          items: "main li",
          title: "h3",
          link: "a",
          date: "time",
          image: "img",
          summary: "p",
          next: "a[rel=next]",
          heading: "More",
          follow: true,
        },
        more: false,
        headers: { "X-Api-Key": "k" },
        cookies: { consent: "yes" },
        auth: { bearer: "b" },
        userAgent: "Mine/1.0",
        proxy: "http://proxy.example:3128",
        robots: false,
        identity: "url",
        paused: true,
        capturedAt: Date.UTC(2025, 9, 17, 12),
        documentUrl: "https://news.example/",
        contentType: "text/html",
      },
      expect.objectContaining({ id: "timed", rhythm: { kind: "cron", expression: "*/15 * * * *" } }),
    ]);
  });

  test.each([
    ["as one selector", '{ items: "main li", title: h3 }'],
    ["as `item`", '{ item: "main li", title: h3 }'],
    ["as `item` beside `auto`", '{ items: auto, item: "main li", title: h3 }'],
    ["as a mapping in the place of `auto`", '{ items: { item: "main li", title: h3 } }'],
  ])("the selectors of a listing are taken %s", async (_name, listing) => {
    const { sources } = await load({
      "config/sources/a.yaml": `{ id: a, url: "https://news.example/", listing: ${listing} }`,
    });
    expect(sources[0]?.listing).toEqual({ items: "main li", title: "h3", follow: false });
  });

  test("file: addresses are resolved below the files folder, absolute ones stay", async () => {
    const cwd = await folderWith({
      "config/sources/a.yaml":
        '- { id: a, url: "file:sample/a b.html" }\n- { id: b, url: "file:./c.xml" }\n- { id: c, url: "file:///srv/d.html" }',
    });
    const byDefault = await loadIn(cwd);
    const elsewhere = await loadIn(cwd, { STORYWIRE_FILES: "/srv/pages" });
    expect(byDefault.sources.map(({ url }) => fileURLToPath(url))).toEqual([
      join(cwd, "sample/a b.html"),
      join(cwd, "c.xml"),
      "/srv/d.html",
    ]);
    expect(elsewhere.sources[0]?.url).toBe("file:///srv/pages/sample/a%20b.html");
  });

  test("user and password leave the address and become auth", async () => {
    const { sources } = await load({ "config/sources/a.yaml": "id: a\nurl: https://me:p%40ss@news.example/x" });
    expect(sources[0]).toMatchObject({ url: "https://news.example/x", auth: { username: "me", password: "p@ss" } });
  });

  test("a feed that selects nothing is told, with the tag that was meant", async () => {
    const files = {
      "config/sources/a.yaml": source("tags: [politics]"),
      "feeds/good.yaml": "title: Good\nselect: { tags: [nothing, politics] }",
      "feeds/named.yaml": "title: Named\nselect: { sources: [a], tags: [nothing] }",
      "feeds/wrong.yaml": "title: Wrong\nselect: { tags: [politcs] }",
    };
    expect(await complaints(files)).toEqual([
      'feeds/wrong.yaml:2:18: select.tags[0] is "politcs"; wanted: the tag of a source, such as politics: the feed selects nothing',
    ]);
  });

  test("secrets may lie in files: one way for all of them", async () => {
    const files = {
      "secrets/password": "open sesame\n",
      "secrets/key": "  k-1  ",
      "secrets/url": "https://news.example/private?key=k-2\n",
      "secrets/proxy": "http://me:pass@proxy.example:3128",
      "config/sources/a.yaml": `
- id: basic
  url: { file: secrets/url }
  auth: { username: me, password: { file: secrets/password } }
  headers: { X-Api-Key: { file: secrets/key }, Accept-Language: de }
  cookies: { session: { file: secrets/key } }
  proxy: { file: secrets/proxy }
- { id: token, url: "https://news.example/b", auth: { bearer: { file: secrets/key } } }
`,
    };
    const { sources } = await load(files);
    expect(sources).toMatchObject([
      {
        url: "https://news.example/private?key=k-2",
        auth: { username: "me", password: "open sesame" },
        headers: { "X-Api-Key": "k-1", "Accept-Language": "de" },
        cookies: { session: "k-1" },
        proxy: "http://me:pass@proxy.example:3128",
      },
      { auth: { bearer: "k-1" } },
    ]);
  });

  test("secrets whose files are missing, empty, too large or hold something else are told by their file, never by what they hold", async () => {
    const files = {
      "secrets/empty": " \n",
      "secrets/large": "x".repeat(70_000),
      "secrets/lines": "hush-1\nhush-2",
      "secrets/not-an-address": "hush-3",
      "config/sources/a.yaml": `
- id: a
  url: { file: secrets/not-an-address }
  headers: { A: { file: secrets/nowhere }, B: { file: secrets/empty }, C: { file: secrets/large }, D: { file: secrets/lines } }
- { id: b, url: "https://news.example/b", auth: { bearer: { file: "" } } }
- { id: c, url: "https://news.example/c", cookies: { x: { fiel: y } } }
`,
    };
    const told = await complaints(files);
    expect(told).toEqual([
      'config/sources/a.yaml:3:16: [0].url.file is "secrets/not-an-address"; wanted: a file that holds an http, https or file: address',
      'config/sources/a.yaml:4:25: [0].headers.A.file is "secrets/nowhere"; wanted: a file with a short text that this user may read',
      'config/sources/a.yaml:4:55: [0].headers.B.file is "secrets/empty"; wanted: a file with a short text that this user may read',
      'config/sources/a.yaml:4:83: [0].headers.C.file is "secrets/large"; wanted: a file with a short text that this user may read',
      'config/sources/a.yaml:4:111: [0].headers.D.file is "secrets/lines"; wanted: a file that holds text without line breaks and control characters',
      "config/sources/a.yaml:5:67: [1].auth.bearer.file is (hidden); wanted: text of at least 1 characters",
      "config/sources/a.yaml:5:67: [1].auth.bearer.file is (hidden); wanted: one line of text that is not blank",
      "config/sources/a.yaml:6:57: [2].cookies.x is (hidden); wanted: text without line breaks and control characters",
    ]);
    expect(told.join()).not.toContain("hush");
  });

  test("wrong sources are told with their place", async () => {
    const list = `- id: a
  url: sample/x.html
  evry: 5m
  kind: feeed
- id: "b c"
  timeZone: Mars/Base
  capturedAt: yesterday
- 7
- id: c
  url: https://c.example/
  every:
- id: d
  url: file://host/x
  every: 5m
  cron: "* * * * *"
- { id: e, url: "https://e.example/", every: 5m, cron: "* * * * *" }
- { id: f, url: "https://f.example/", adaptive: { min: 2h, max: 1h } }
- { id: g, url: "https://g.example/", headers: { "a b": x, c: "x\\ny" } }
`;
    const wanted = await complaints({ "config/sources/a.yaml": list });
    expect(wanted).toEqual([
      'config/sources/a.yaml:2:8: [0].url is "sample/x.html"; wanted: an http, https or file: address',
      'config/sources/a.yaml:4:9: [0].kind is "feeed"; wanted: one of auto, feed, page, listing',
      "config/sources/a.yaml:3:3: [0].evry is not a known key; wanted: every",
      'config/sources/a.yaml:5:7: [1].id is "b c"; wanted: an id: 1 to 64 of A-Z, a-z, 0-9, - and _',
      "config/sources/a.yaml:5:3: [1].url is missing; wanted: an http, https or file: address",
      'config/sources/a.yaml:6:13: [1].timeZone is "Mars/Base"; wanted: an IANA time zone such as Europe/Vienna',
      'config/sources/a.yaml:7:15: [1].capturedAt is "yesterday"; wanted: an instant such as 2025-10-17T12:00:00Z',
      "config/sources/a.yaml:8:3: [2] is 7; wanted: a mapping of keys to values",
      "config/sources/a.yaml:11:9: [3].every is empty; wanted: a duration such as 90s, 30m, 6h or 1d",
      'config/sources/a.yaml:13:8: [4].url is "file://host/x"; wanted: an http, https or file: address',
      "config/sources/a.yaml:16:3: [5] is a mapping; wanted: only one of every, cron and adaptive",
      'config/sources/a.yaml:17:65: [6].adaptive.max is "1h"; wanted: a max that is not below min',
      'config/sources/a.yaml:18:57: [7].headers["a b"] is (hidden); wanted: a name of letters, digits and -',
      "config/sources/a.yaml:18:63: [7].headers.c is (hidden); wanted: text without line breaks and control characters",
    ]);
  });

  test("an id is used once, over all files", async () => {
    expect(
      await complaints({ "config/sources/a.yaml": source(), "config/sources/b.yaml": `# twin\n${source()}` }),
    ).toEqual([
      'config/sources/b.yaml:2:5: id is "a"; wanted: an id of its own (first used at config/sources/a.yaml:1)',
    ]);
  });

  test("no source asks for more visits than polling.minimum allows", async () => {
    expect(
      await complaints({
        "config/sources/a.yaml":
          '- { id: a, url: "https://a.example/", every: 1m }\n- { id: b, url: "https://b.example/", adaptive: { min: 10s, max: 1d } }',
      }),
    ).toEqual([
      'config/sources/a.yaml:1:46: [0].every is "1m"; wanted: at least polling.minimum (5m)',
      'config/sources/a.yaml:2:56: [1].adaptive.min is "10s"; wanted: at least polling.minimum (5m)',
    ]);
  });

  test("cron expressions, selectors and patterns are judged by those who read them", async () => {
    const files = {
      "config/sources/a.yaml": source('cron: often\nlisting: { items: "li[", title: h3 }'),
      "feeds/top.yaml": 'title: Top\nselect: { include: { title: "/(?=x)/" } }',
    };
    expect(
      await complaints(
        files,
        {},
        {
          validateCron: (expression) => expression !== "often",
          validateSelector: (selector) => !selector.includes("["),
          validatePattern: (pattern) => !pattern.includes("(?="),
        },
      ),
    ).toEqual([
      'config/sources/a.yaml:3:7: cron is "often"; wanted: a cron expression such as */15 * * * *',
      'config/sources/a.yaml:4:19: listing.items is "li["; wanted: a CSS selector',
      'feeds/top.yaml:2:29: select.include.title is "/(?=x)/"; wanted: a linear-time regular expression: no look-around, no back-references',
    ]);
    await expect(load(files)).resolves.toBeDefined();
  });
});

describe("feeds", () => {
  test("a feed of one line selects everything, and its file's name is its slug", async () => {
    const { feeds } = await load({ "feeds/top-10.yaml": "title: Top" });
    expect(feeds).toEqual([
      {
        slug: "top-10",
        title: "Top",
        formerly: [],
        select: { sources: [], tags: [], include: {}, exclude: {}, languages: [] },
        limit: 50,
        content: "full",
        duplicates: "all",
        access: "public",
      },
    ]);
  });

  test("every key of a feed is read", async () => {
    const { feeds } = await load({
      "config/sources/a.yaml": source(),
      "feeds/top.yaml": `
title: Top stories
description: The best
language: en-us
formerly: [headlines]
select: { sources: [a], tags: [x], include: { title: "/senate/i" }, exclude: { author: bot, description: ad, category: /^sport$/ }, since: 30d, languages: [en] }
limit: 5
ttl: 2h
content: summary
duplicates: first
access: token
`,
    });
    expect(feeds[0]).toEqual({
      slug: "top",
      title: "Top stories",
      description: "The best",
      language: "en-US",
      formerly: ["headlines"],
      select: {
        sources: ["a"],
        tags: ["x"],
        include: { title: "/senate/i" },
        exclude: { author: "bot", description: "ad", category: "/^sport$/" },
        sinceMs: 30 * 86_400_000,
        languages: ["en"],
      },
      limit: 5,
      ttlMs: 7_200_000,
      content: "summary",
      duplicates: "first",
      access: "token",
    });
  });

  test("wrong feeds are told with their place", async () => {
    expect(
      await complaints({
        "config/sources/a.yaml": "id: example\nurl: https://news.example/",
        "feeds/Bad Name.yaml": 'title: x\nselect: { include: { title: "/senate" }, since: -1d }',
        "feeds/status.yaml": "title: x\nlimit: 0",
        "feeds/top.yaml": "title: x\nselect:\n  sources: [exmaple, elsewhere-entirely]",
      }),
    ).toEqual([
      `feeds/Bad Name.yaml: the file's name is "Bad Name"; wanted: a slug: 1 to 64 of a-z, 0-9 and -`,
      'feeds/Bad Name.yaml:2:29: select.include.title is "/senate"; wanted: words to find, or a regular expression such as /senate|congress/i',
      'feeds/Bad Name.yaml:2:49: select.since is "-1d"; wanted: a duration such as 90s, 30m, 6h or 1d',
      `feeds/status.yaml: the file's name is "status"; wanted: another slug: status is reserved`,
      "feeds/status.yaml:2:8: limit is 0; wanted: at least 1",
      'feeds/top.yaml:3:13: select.sources[0] is "exmaple"; wanted: the id of a source, such as example',
      'feeds/top.yaml:3:22: select.sources[1] is "elsewhere-entirely"; wanted: the id of a source',
    ]);
  });

  test("a slug belongs to one feed, whether it has it or had it", async () => {
    expect(
      await complaints({
        "feeds/top.yaml": "title: Top\nformerly: [old]",
        "feeds/top.yml": "title: Again",
        "feeds/zoo.yaml": "title: Zoo\nformerly: [top, old]",
      }),
    ).toEqual([
      `feeds/top.yml: the file's name is "top"; wanted: a slug that feeds/top.yaml has not`,
      'feeds/zoo.yaml:2:12: formerly[0] is "top"; wanted: a slug that no feed has (feeds/top.yaml has it)',
      'feeds/zoo.yaml:2:17: formerly[1] is "old"; wanted: a slug that no feed has (feeds/top.yaml has it)',
    ]);
  });
});

describe("files", () => {
  test("a missing config folder and a missing feeds folder are refused; storywire.yaml and sources may be missing", async () => {
    const cwd = await folderWith({});
    expect(await complaintsIn(cwd, { STORYWIRE_CONFIG: "conf", STORYWIRE_FEEDS: "/nowhere/feeds" })).toEqual([
      "conf: the folder is missing; wanted: a folder with storywire.yaml and sources/ (storywire init writes a first one)",
      "/nowhere/feeds: the folder is missing; wanted: a folder with one file for each feed",
    ]);
    await rm(join(cwd, "config/sources"), { recursive: true });
    expect((await loadIn(cwd)).sources).toEqual([]);
  });

  test("the settings stand in one file", async () => {
    expect(await complaints({ "config/storywire.yaml": "log: info", "config/storywire.yml": "log: warn" })).toEqual([
      "config/storywire.yml: the file; wanted: one file with the settings",
    ]);
  });

  test("files that hold nothing, hidden files and other files are passed over", async () => {
    const configuration = await load({
      "config/storywire.yaml": "# nothing yet\n",
      "config/sources/empty.yaml": "",
      "config/sources/.a.yaml": "[",
      "config/sources/a.yaml~": "[",
      "feeds/README.md": "[",
    });
    expect(configuration).toMatchObject({ sources: [], feeds: [] });
  });

  test("a file that cannot be read is one complaint", async () => {
    const cwd = await folderWith({
      "config/sources/broken.yaml": "- id: a\n url: [unfinished\n- b: {",
      "config/sources/latin.yaml": Buffer.from("title: caf\xe9", "latin1"),
      "config/sources/huge.yaml": " ".repeat(4 * 1024 * 1024 + 1),
      "config/sources/stray.yaml": "id: &a x\nurl: *b",
      "config/sources/tag.yaml": "id: !mine x",
      "config/sources/twice.yaml": "id: a\nid: b",
      "config/sources/two.yaml": "---\nid: a\n---\nid: b",
    });
    await mkdir(join(cwd, "config/sources/folder.yaml"));
    await symlink("nowhere", join(cwd, "config/sources/link.yaml"));
    const problems = await complaintsIn(cwd);
    expect(problems.map((problem) => problem.replace(/\(.*\)/, "(…)"))).toEqual([
      "config/sources/broken.yaml:2:1: the file is not valid YAML; wanted: YAML 1.2 (…)",
      "config/sources/folder.yaml: the file is not readable (…); wanted: a file that this user may read",
      "config/sources/huge.yaml: the file is 4194305 bytes long; wanted: at most 4194304 bytes",
      "config/sources/latin.yaml: the file is not UTF-8; wanted: text in UTF-8",
      "config/sources/link.yaml: the file is not readable (…); wanted: a file that this user may read",
      "config/sources/stray.yaml:2:6: the file is not valid YAML; wanted: YAML 1.2 (…)",
      "config/sources/tag.yaml:1:5: the file is not valid YAML; wanted: YAML 1.2 (…)",
      "config/sources/twice.yaml:2:1: the file is not valid YAML; wanted: YAML 1.2 (…)",
      "config/sources/two.yaml:3:1: the file is not valid YAML; wanted: YAML 1.2 (…)",
    ]);
  });

  test("aliases that multiply and nesting without end are refused quickly", async () => {
    const names = [..."abcdefghij"];
    const bomb = names.map(
      (name, index) => `${name}: &${name} [${Array(10).fill(index === 0 ? "x" : `*${names[index - 1]}`)}]`,
    );
    expect(
      await complaints({
        "config/sources/bomb.yaml": bomb.join("\n"),
        "config/sources/deep.yaml": "[".repeat(100_000),
      }),
    ).toEqual([
      "config/sources/bomb.yaml: the file is too complex; wanted: at most 1000 uses of an alias",
      expect.stringMatching(
        /^config\/sources\/deep\.yaml.*is not valid YAML; wanted: YAML 1\.2 \(fewer levels of nesting\)$/,
      ),
    ]);
  });

  test("a hundred thousand wrong keys are told in short, and quickly", async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`);
    expect((await complaints({ "config/storywire.yaml": keys.join("\n") })).length).toBe(100);
  });

  test("an anchor may be used again a thousand times, not more", async () => {
    const uses = Array.from({ length: 2000 }, () => "- *x\n").join("");
    expect(await complaints({ "config/sources/a.yaml": `- &x 1\n${uses}` })).toEqual([
      "config/sources/a.yaml:1002:3: the file is not valid YAML; wanted: YAML 1.2 (at most 1000 aliases)",
    ]);
  });

  test("an alias is as good as what it stands for", async () => {
    const { sources } = await load({
      "config/sources/a.yaml":
        "- { id: a, url: https://a.example/, tags: &shared [x] }\n- { id: b, url: https://b.example/, tags: *shared }",
    });
    expect(sources[1]?.tags).toEqual(["x"]);
  });

  test("names that mean something to the language change nothing", async () => {
    expect(
      await complaints({ "config/sources/a.yaml": source("__proto__: { paused: true }\nconstructor: 1") }),
    ).toEqual([
      expect.stringMatching(/:3:1: __proto__ is not a known key/),
      expect.stringMatching(/:4:1: constructor is not a known key/),
    ]);
    expect(Object.hasOwn(Object.prototype, "paused")).toBe(false);
  });
});

describe("secrets", () => {
  const SECRET = "hunter2";

  test.each([
    ["a token", { "config/storywire.yaml": `token: [${SECRET}]` }],
    ["a token with a blank", { "config/storywire.yaml": `token: ${SECRET} x` }],
    ["a database", { "config/storywire.yaml": `database: postgres:/me:${SECRET}@db` }],
    ["an address", { "config/sources/a.yaml": `id: a\nurl: ftp://me:${SECRET}@news.example/` }],
    ["a mistyped address", { "config/sources/a.yaml": `id: a\nurl: httpss:me:${SECRET}@news.example/` }],
    ["a query", { "config/sources/a.yaml": `id: a\nurl: ftp://news.example/?key=${SECRET}` }],
    ["a document's address", { "config/sources/a.yaml": source(`documentUrl: https://me:${SECRET}@news.example/`) }],
    ["a proxy", { "config/sources/a.yaml": source(`proxy: socks://me:${SECRET}@proxy.example`) }],
    ["a password", { "config/sources/a.yaml": source(`auth: { username: me, passwort: ${SECRET} }`) }],
    ["a number of a password", { "config/sources/a.yaml": source(`auth: { bearer: { x: ${SECRET} } }`) }],
    ["a header", { "config/sources/a.yaml": source(`headers: { Authorization: ["${SECRET}"] }`) }],
    ["a cookie", { "config/sources/a.yaml": source(`cookies: { session: "${SECRET}\\n" }`) }],
    ["broken YAML", { "config/sources/a.yaml": source(`auth: { bearer: "${SECRET}`) }],
    ["a password with a star", { "config/sources/a.yaml": source(`auth: { bearer: *${SECRET} }`) }],
    ["a password with an exclamation mark", { "config/sources/a.yaml": source(`auth:\n  bearer: !${SECRET}`) }],
    ["a password with a backslash", { "config/sources/a.yaml": source(`auth:\n  bearer: "\\U${SECRET}"`) }],
    ["a password with a percent sign", { "config/sources/a.yaml": `%${SECRET} x\n---\n${source()}` }],
    ["a password with a colon", { "config/sources/a.yaml": source(`auth: { bearer: ${SECRET}: x }`) }],
  ])("%s never stands in a complaint", async (_what, files) => {
    const problems = await complaints(files);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toContain(SECRET);
  });

  test("a token of the environment never stands in a complaint", async () => {
    expect(await complaints({}, { STORYWIRE_TOKEN: `${SECRET} x`, STORYWIRE_DATABASE_URL: SECRET })).toEqual([
      "environment: STORYWIRE_DATABASE_URL is (hidden); wanted: sqlite:./data/storywire.db, or postgres://user@host/name",
      "environment: STORYWIRE_TOKEN is (hidden); wanted: 1 to 512 visible ASCII characters",
    ]);
  });
});

test("whatever text a file holds, it is read or refused with places that lie in it", async () => {
  const cwd = await folderWith({});
  const pieces = fc.constantFrom(
    "id: a\n",
    "- ",
    "url: ",
    "https://x.example/",
    "\n",
    "  ",
    "{",
    "[",
    "]",
    "}",
    "&a ",
    "*a",
    ":",
    "\t",
    "'",
    '"',
    "é",
    "!!x ",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (parts) => {
      const text = parts.join("");
      await writeFile(join(cwd, "config/sources/a.yaml"), text);
      const outcome = await loadIn(cwd).catch((error: unknown) => error);
      if (!(outcome instanceof SettingsError)) {
        expect(outcome).toHaveProperty("sources");
        return;
      }
      for (const { file, line = 1, column = 1 } of outcome.problems) {
        expect(file).toBe("config/sources/a.yaml");
        expect(line).toBeLessThanOrEqual(text.split("\n").length);
        expect(column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 200 },
  );
});

describe("the sample newsroom", () => {
  const top = join(import.meta.dirname, "../..");

  test("is a valid configuration that reads local files only", async () => {
    const { sources, feeds } = await loadIn(top);
    expect(new Set(sources.map(({ kind }) => kind))).toEqual(new Set(["page", "listing", "feed"]));
    expect(feeds.map(({ slug }) => slug)).toEqual(["everything", "local", "top"]);
    for (const { url } of sources) await access(fileURLToPath(url));
  });
});
