import { html, type View } from "../../html/view.ts";
import {
  type ApiDescription,
  type Content,
  exampleOf,
  type Operation,
  readDescription,
  referenceName,
  type Schema,
} from "./api-description.ts";
import { type PageContext, renderPage } from "./layout.ts";

type Schemas = Readonly<Record<string, Schema>>;

/** An operation with the method and path that call it. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

interface Group {
  readonly name: string;
  readonly description: string;
  readonly calls: readonly Call[];
}

/** Levels of objects within objects whose members are told. */
const FIELDS_DEPTH_MAX = 4;

function callsOf({ paths }: ApiDescription): readonly Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }],
    ),
  );
}

/** Calls that belong together, in the order of the description. */
function groupsOf(description: ApiDescription): readonly Group[] {
  const told = new Map(description.tags.map((tag) => [tag.name, tag.description]));
  const groups = Map.groupBy(callsOf(description), ({ operation }) => operation.tags?.[0] ?? "Calls");
  return [...groups].map(([name, calls]) => ({ name, description: told.get(name) ?? "", calls }));
}

/** `GET /api/v1/sources/{id}` as the name of a place in the page. */
function anchorOf({ method, path }: Call): string {
  return `${method}${path}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

function joined(views: readonly View[], between: string): View {
  return html`${views.map((view, index) => html`${index > 0 && between}${view}`)}`;
}

const literal = (value: unknown) => html`<code>${JSON.stringify(value)}</code>`;

/** Text of the description: of its CommonMark (OpenAPI 3.1 §4.5) ours has code spans only. */
function textView(text: string): View {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** The type of a value in a few words, with links to schemas that have a name. */
function typeView(schema: Schema): View {
  const { $ref, enum: values, items, type, format, additionalProperties } = schema;
  if ($ref !== undefined) return html`<a href="#schema-${referenceName($ref)}">${referenceName($ref)}</a>`;
  if (schema.const !== undefined) return literal(schema.const);
  if (values !== undefined) return joined(values.map(literal), " or ");
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return joined(choices.map(typeView), schema.allOf === undefined ? " or " : " and ");
  if (items !== undefined) return html`list of ${typeView(items)}`;
  if (typeof additionalProperties === "object") return html`object of ${typeView(additionalProperties)}`;
  const names = typeof type === "object" ? type : [type ?? (schema.properties === undefined ? "any value" : "object")];
  return html`${names.join(" or ")}${format !== undefined && html` (${format})`}`;
}

/** Bounds and default of a value. */
function boundsOf(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, maxItems } = schema;
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `at least ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum}`,
    minLength !== undefined && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    maxItems !== undefined && `at most ${maxItems}`,
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
  ];
  return bounds.filter((bound) => bound !== false).join(", ");
}

interface Field {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
  readonly description?: string | undefined;
  /** Where a parameter stands. */
  readonly place?: string;
}

function fieldView({ name, schema, isRequired, description = schema.description, place }: Field, depth: number): View {
  const bounds = boundsOf(schema);
  return html`<li><code class="name">${name}</code> <span class="type">${place !== undefined && `in the ${place}, `}${typeView(schema)}${bounds !== "" && `, ${bounds}`}${!isRequired && ", optional"}</span>${description !== undefined && html`<p class="told">${textView(description)}</p>`}${fieldsView(schema, depth + 1)}</li>`;
}

/** The members of an object, or of the objects of a list. */
function fieldsView(schema: Schema, depth = 0): View | false {
  const { properties, required = [], items } = schema;
  if (items !== undefined) return fieldsView(items, depth);
  if (properties === undefined || depth > FIELDS_DEPTH_MAX) return false;
  const fields = Object.entries(properties);
  return (
    fields.length > 0 &&
    html`<ul class="fields">${fields.map(([name, member]) => fieldView({ name, schema: member, isRequired: required.includes(name) }, depth))}</ul>`
  );
}

const code = (text: string, label: string) => html`<pre tabindex="0" role="group" aria-label="${label}">${text}</pre>`;

/** What is sent or answered: its type, its members, an example. */
function contentView(content: Content | undefined, schemas: Schemas, label: string): View {
  return html`${Object.entries(content ?? {}).map(([mediaType, { schema = {}, example, examples }]) => {
    const [given] = Object.values(examples ?? {});
    const value = example ?? given?.value ?? exampleOf(schema, schemas);
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    return html`<p class="type">${mediaType}: ${typeView(schema)}</p>${fieldsView(schema)}${value !== null && code(text, `Example of ${label}`)}`;
  })}`;
}

/** A command that does it. */
function commandOf({ method, path, operation }: Call, { schemas, base }: { schemas: Schemas; base: string }): string {
  const address = base + path.replace(/\{(\w+)\}/g, (_braces, name: string) => name.toUpperCase());
  const lines = [`curl${method === "GET" ? "" : ` -X ${method}`} -H "Authorization: Bearer $STORYWIRE_TOKEN"`];
  const [body] = Object.entries(operation.requestBody?.content ?? {});
  if (body !== undefined) {
    const [mediaType, { schema = {}, example }] = body;
    const value = JSON.stringify(example ?? exampleOf(schema, schemas)).replaceAll("'", "'\\''");
    lines.push(`  -H "Content-Type: ${mediaType}" -d '${value}'`);
  }
  return [...lines, `  "${address}"`].join(" \\\n");
}

function responseView(
  [status, { description, content }]: [string, Operation["responses"][string]],
  { summary, schemas }: { summary: string; schemas: Schemas },
): View {
  const label = status === "default" ? "Any other status" : status;
  // What went wrong is told alike everywhere: its schema stands once, at the end.
  const isProblem = Object.keys(content ?? {}).every((mediaType) => mediaType === "application/problem+json");
  return html`<li><p><strong>${label}</strong> ${description === summary ? "Done." : textView(description)}</p>${!isProblem && contentView(content, schemas, `the answer ${label}`)}</li>`;
}

function callView(call: Call, { schemas, base }: { schemas: Schemas; base: string }): View {
  const { method, path, operation } = call;
  const { summary, description, parameters, requestBody, responses } = operation;
  const anchor = anchorOf(call);
  return html`<section class="call" aria-labelledby="${anchor}">
<h3 id="${anchor}"><span class="method">${method}</span> ${path}</h3>
<p>${textView(summary)}</p>
${description !== undefined && description !== summary && html`<p>${textView(description)}</p>`}
${
  parameters.length > 0 &&
  html`<h4>Parameters</h4><ul class="fields">${parameters.map(({ name, schema, required, description: told, in: place }) => fieldView({ name, schema, isRequired: required, description: told, place }, 0))}</ul>`
}
${requestBody !== undefined && html`<h4>Body</h4>${requestBody.description !== undefined && html`<p>${textView(requestBody.description)}</p>`}${contentView(requestBody.content, schemas, "the body")}`}
<h4>Call</h4>
${code(commandOf(call, { schemas, base }), `Call of ${method} ${path}`)}
<h4>Answers</h4>
<ul class="answers">${Object.entries(responses).map((response) => responseView(response, { summary, schemas }))}</ul>
</section>`;
}

function groupView({ name, description, calls }: Group, parts: { schemas: Schemas; base: string }): View {
  const anchor = `group-${name.toLowerCase()}`;
  return html`<section aria-labelledby="${anchor}"><h2 id="${anchor}" class="section">${name}</h2>
${description !== "" && html`<p class="told">${textView(description)}</p>`}
${calls.map((call) => callView(call, parts))}
</section>`;
}

function contentsView({ name, calls }: Group): View {
  return html`<h3>${name}</h3>
<ul class="contents">${calls.map((call) => html`<li><a href="#${anchorOf(call)}"><span class="method">${call.method}</span> ${call.path}</a> ${textView(call.operation.summary)}</li>`)}</ul>`;
}

function schemaView([name, schema]: readonly [string, Schema]): View {
  return html`<section class="call" aria-labelledby="schema-${name}"><h3 id="schema-${name}">${name}</h3>${schema.description !== undefined && html`<p>${textView(schema.description)}</p>`}${fieldsView(schema) || html`<p class="type">${typeView(schema)}</p>`}</section>`;
}

/**
 * The reference of the API, from its OpenAPI 3.1 description: each operation with parameters, body, answers, examples
 * and the command that calls it; each named schema. Read without a script.
 */
export function renderApiPage(context: PageContext, openApi: object): View {
  const { addresses } = context;
  const description = readDescription(openApi);
  const schemas = description.components?.schemas ?? {};
  const groups = groupsOf(description);
  const base = addresses.absolute(addresses.prefix);
  const names = Object.entries(schemas);
  return renderPage(context, {
    title: "API",
    description: `The programming interface of ${context.site.title}.`,
    links: html`<link rel="service-desc" type="application/json" href="${addresses.prefix}/api/v1/openapi.json">\n`,
    main: html`<div class="reference">
<header class="intro">
<h1>API</h1>
<p class="lead">${textView(description.info.description ?? "For the operator’s programs. Each call needs the operator’s token.")}</p>
<p>Programs read the same as <a href="${addresses.prefix}/api/v1/openapi.json">OpenAPI 3.1</a>. This is version ${description.info.version}.</p>
</header>
<nav aria-labelledby="calls"><h2 id="calls" class="section">Contents</h2>
${groups.map(contentsView)}
</nav>
${groups.map((group) => groupView(group, { schemas, base }))}
${names.length > 0 && html`<section aria-labelledby="schemas"><h2 id="schemas" class="section">Schemas</h2>${names.map(schemaView)}</section>`}
</div>`,
  });
}
