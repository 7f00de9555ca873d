import { monitorEventLoopDelay } from "node:perf_hooks";
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Something the poller, or this process in its place, has done: told once, and counted here. */
export type Activity =
  | {
      readonly did: "poll";
      readonly outcome: string;
      /** Stable code of the error, or of the guard's rule. */
      readonly code?: string;
      readonly stories: { readonly new: number; readonly updated: number };
      readonly wireBytes?: number;
      /** Milliseconds by stage. */
      readonly stageMs?: Readonly<Record<string, number>>;
    }
  /** One transaction that wrote what visits found. */
  | { readonly did: "commit"; readonly ms: number }
  /** Documents rendered, and those of them that did not pass the gate. */
  | {
      readonly did: "render";
      readonly documents: number;
      readonly refused: number;
      /** Of each feed that changed: milliseconds from the visit that saw it to the document that shows it. */
      readonly freshMs?: readonly number[];
      /** The same of sources, where metrics may name them. */
      readonly sources?: readonly { readonly id: string; readonly freshMs: number }[];
    }
  /** Sources that are due and wait for their turn, and visits under way. */
  | { readonly did: "queue"; readonly due: number; readonly inFlight: number };

/** What is looked up at the moment somebody asks. */
export interface Gauges {
  readonly sourcesByState: Readonly<Record<string, number>>;
  /** Of each source that ever succeeded and is visited: seconds since then. */
  readonly successAges: readonly number[];
  readonly feeds: number;
  /** Entries of all feeds' documents; null: they cannot be counted now, and the last count stands. */
  readonly entries: number | null;
  readonly pollerUp: boolean;
  readonly databaseUp: boolean;
  readonly ready: boolean;
  /** The files are what is running. */
  readonly configurationOk: boolean;
  /** A change of the files waits until it is applied. */
  readonly configurationPending: boolean;
}

/** Answers of one route by status: a place in an array each, so that the hot path pays for one addition. */
export type StatusCounts = Float64Array;

/** What is counted of this service, in Prometheus' words. */
export interface Metrics {
  readonly mediaType: string;
  /** The counts of a route, made at its first use. `route` comes from the program, never from a request. */
  answers(route: string): StatusCounts;
  count(activity: Activity): void;
  /** Who knows how many bytes were sent to readers. */
  readBytes(sent: () => number): void;
  /** The text exposition format 0.0.4. */
  render(): Promise<string>;
  /** The same as values, where several processes serve: `ActivityMetrics` makes one text of all. */
  collect(): Promise<WorkerMetrics["metrics"]>;
}

/** What one of several processes counted. */
export interface WorkerMetrics {
  /** From 1. */
  readonly worker: number;
  readonly metrics: Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;
}

/** What is counted once, by a process that does not serve itself. */
export interface ActivityMetrics {
  count(activity: Activity): void;
  /**
   * The text of all processes: what each counts of itself has the label `worker`, what all read from the store stands
   * once, and of what must hold in all of them the least.
   */
  merge(processes: readonly WorkerMetrics[]): Promise<string>;
}

const STATUS_MAX = 600;
/** How finely stalls are measured, in milliseconds. */
const STALL_RESOLUTION_MS = 10;
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const QUANTILES = [0.5, 0.9, 0.99, 1];

export function countAnswer(counts: StatusCounts, status: number): void {
  counts[status] = (counts[status] ?? 0) + 1;
}

/** Makes metrics of one registry: alike things are made alike. */
function metricsIn(registry: Registry) {
  const registers = [registry];
  return {
    counter: (name: string, help: string, labelNames: readonly string[] = []) =>
      new Counter({ name, help, labelNames, registers }),
    /** `all`: how one value is made of those of several processes that serve. */
    gauge: (
      name: string,
      help: string,
      labelNames: readonly string[] = [],
      { all = "first" }: { readonly all?: "first" | "min" } = {},
    ) => new Gauge({ name, help, labelNames, registers, aggregator: all }),
    histogram: (name: string, help: string, labelNames: readonly string[] = []) =>
      new Histogram({ name, help, labelNames, buckets: SECONDS_BUCKETS, registers }),
  };
}

/** What a process that serves tells of itself. */
const OF_EACH: ReadonlySet<string> = new Set([
  "storywire_http_requests_total",
  "storywire_http_sent_bytes_total",
  "storywire_documents_rendered_total",
  "storywire_documents_refused_total",
  "storywire_stall_p99_seconds",
  "storywire_stall_max_seconds",
  "process_resident_memory_bytes",
  "process_cpu_seconds_total",
]);

/** Counters of a process that starts those which serve, and the poller. */
export function createActivityMetrics(): ActivityMetrics {
  const registry = new Registry();
  const count = createCount(registry);
  return {
    count,
    async merge(processes) {
      const own = await registry.getMetricsAsJSON();
      const told = processes.map(({ worker, metrics }) =>
        metrics.map((metric) => (OF_EACH.has(metric.name) ? labelled(metric, worker) : metric)),
      );
      return AggregatorRegistry.aggregate([own, ...told]).metrics();
    },
  };
}

function labelled(metric: WorkerMetrics["metrics"][number], worker: number): WorkerMetrics["metrics"][number] {
  const values = metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker: String(worker) } }));
  return { ...metric, values };
}

/** Counts activities in a registry. */
function createCount(registry: Registry): (activity: Activity) => void {
  const { counter, gauge, histogram } = metricsIn(registry);
  const polls = counter("storywire_polls_total", "Visits to sources", ["outcome", "code"]);
  const stories = counter("storywire_stories_total", "Stories that were new, or changed", ["change"]);
  const wireBytes = counter("storywire_poll_wire_bytes_total", "Bytes received from sources");
  const stages = histogram("storywire_poll_stage_seconds", "Time visits spent in each stage", ["stage"]);
  const commits = histogram("storywire_commit_seconds", "Time of transactions that write what visits found");
  const documents = counter("storywire_documents_rendered_total", "Documents rendered");
  const refused = counter("storywire_documents_refused_total", "Documents that did not pass the gate");
  const freshness = histogram("storywire_freshness_seconds", "From the visit that saw a change to the document of it");
  const ofSources = gauge("storywire_source_freshness_seconds", "The same for each source, as of its last news", [
    "source",
  ]);
  const due = gauge("storywire_queue_due", "Sources that are due and wait for their turn");
  const inFlight = gauge("storywire_queue_in_flight", "Visits under way");
  return (activity) => {
    switch (activity.did) {
      case "poll":
        polls.inc({ outcome: activity.outcome, code: activity.code ?? "" });
        stories.inc({ change: "new" }, activity.stories.new);
        stories.inc({ change: "updated" }, activity.stories.updated);
        wireBytes.inc(activity.wireBytes ?? 0);
        for (const [stage, ms] of Object.entries(activity.stageMs ?? {})) stages.observe({ stage }, ms / 1000);
        break;
      case "commit":
        commits.observe(activity.ms / 1000);
        break;
      case "render":
        documents.inc(activity.documents);
        refused.inc(activity.refused);
        for (const ms of activity.freshMs ?? []) freshness.observe(ms / 1000);
        for (const { id, freshMs } of activity.sources ?? []) ofSources.set({ source: id }, freshMs / 1000);
        break;
      case "queue":
        due.set(activity.due);
        inFlight.set(activity.inFlight);
        break;
      default:
        activity satisfies never;
    }
  };
}

/** Metrics of a process that serves; `read` is called whenever they are asked for. Measures stalls from now on. */
export function createMetrics(read: () => Promise<Gauges>): Metrics {
  const registry = new Registry();
  const answers = new Map<string, StatusCounts>();
  const stalls = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });
  stalls.enable();

  const { counter, gauge } = metricsIn(registry);
  const count = createCount(registry);
  const requests = counter("storywire_http_requests_total", "Requests answered", ["route", "status"]);
  const sentBytes = counter("storywire_http_sent_bytes_total", "Bytes sent to readers, heads of answers included");
  const sources = gauge("storywire_sources", "Sources by state", ["state"]);
  const ages = gauge("storywire_source_success_age_seconds", "Time since sources last succeeded", ["quantile"]);
  const feeds = gauge("storywire_feeds", "Published feeds");
  const entries = gauge("storywire_entries", "Entries in the documents of all feeds");
  const pollerUp = gauge("storywire_poller_up", "Whether the poller runs beside this process", [], { all: "min" });
  const databaseUp = gauge("storywire_database_up", "Whether the database can be read and written", [], { all: "min" });
  const ready = gauge("storywire_ready", "Whether this process is to be sent readers", [], { all: "min" });
  const configurationOk = gauge("storywire_configuration_ok", "Whether the files are what is running", [], {
    all: "min",
  });
  const configurationPending = gauge("storywire_configuration_pending", "Whether a change waits to be applied");
  const stallP99 = gauge("storywire_stall_p99_seconds", "99th percentile of stalls since the last look");
  const stallMax = gauge("storywire_stall_max_seconds", "Longest stall since the last look");
  const memory = gauge("process_resident_memory_bytes", "Resident memory of this process");
  const cpu = counter("process_cpu_seconds_total", "Processor time of this process, user and system");

  let bytesSent = () => 0;

  async function look(): Promise<void> {
    const now = await read();
    sources.reset();
    for (const [state, count] of Object.entries(now.sourcesByState)) sources.set({ state }, count);
    ages.reset();
    const ascending = now.successAges.toSorted((a, b) => a - b);
    for (const quantile of QUANTILES) {
      const age = ascending[Math.ceil(quantile * ascending.length) - 1];
      if (age !== undefined) ages.set({ quantile: String(quantile) }, age);
    }
    feeds.set(now.feeds);
    if (now.entries !== null) entries.set(now.entries);
    pollerUp.set(Number(now.pollerUp));
    databaseUp.set(Number(now.databaseUp));
    ready.set(Number(now.ready));
    configurationOk.set(Number(now.configurationOk));
    configurationPending.set(Number(now.configurationPending));
    stallP99.set(stallSeconds(stalls.percentile(99)));
    stallMax.set(stallSeconds(stalls.max));
    stalls.reset();
    memory.set(process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    setTotal(cpu, [[{}, (user + system) / 1e6]]);
    setTotal(requests, requestTotals(answers));
    setTotal(sentBytes, [[{}, bytesSent()]]);
  }

  return {
    mediaType: registry.contentType,
    answers(route) {
      const known = answers.get(route) ?? new Float64Array(STATUS_MAX);
      answers.set(route, known);
      return known;
    },
    count,
    readBytes(sent) {
      bytesSent = sent;
    },
    async render() {
      await look();
      return registry.metrics();
    },
    async collect() {
      await look();
      return registry.getMetricsAsJSON();
    },
  };
}

/** Totals that are kept elsewhere replace what the counter holds. */
function setTotal(total: Counter, values: readonly (readonly [Readonly<Record<string, string>>, number])[]): void {
  total.reset();
  for (const [labels, value] of values) total.inc(labels, value);
}

function requestTotals(answers: ReadonlyMap<string, StatusCounts>) {
  return [...answers].flatMap(([route, counts]) =>
    [...counts.entries()]
      .filter(([, count]) => count > 0)
      .map(([status, count]) => [{ route, status: String(status) }, count] as const),
  );
}

/** Nanoseconds between two looks at the clock → seconds that the second came too late. */
function stallSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - STALL_RESOLUTION_MS / 1000);
}
