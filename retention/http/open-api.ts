import type { JsonObject } from '../../shared/base/json.ts'
import { isObject, type JsonValue } from '../../shared/base/json.ts'
import { scopes } from './access.ts'
import { inUse, inUseReport, planOptions, policyText } from './body-shapes.ts'
import {
  auditLine,
  plan,
  plannedItem,
  policyCheck,
  policyHead,
  policyVersion,
  problem,
  purgeReport,
  run,
  status,
  trashEntry,
  undoReport,
} from './document-shapes.ts'
import type { BodyShape, Endpoint } from './endpoint.ts'
import { errorAnswer, statusWords } from './errors.ts'
import {
  decision,
  explanation,
  item,
  itemName,
  previewLine,
  reason,
  source,
  sourcesTold,
  totals,
} from './item-shapes.ts'
import { base, endpoints, sherdockBase } from './routes.ts'
import { sherdockEndpoints } from './sherdock.ts'
import { daemonContainer, daemonImage, daemonVolume, sherdockKeys, sherdockKeysSent } from './sherdock-shapes.ts'

const named = [
  errorAnswer,
  problem,
  reason,
  itemName,
  item,
  decision,
  totals,
  previewLine,
  explanation,
  policyText,
  policyVersion,
  policyHead,
  policyCheck,
  planOptions,
  plan,
  plannedItem,
  run,
  trashEntry,
  undoReport,
  purgeReport,
  status,
  auditLine,
  inUse,
  inUseReport,
  sherdockKeys,
  sherdockKeysSent,
  daemonImage,
  daemonContainer,
  daemonVolume,
]

/** Statuses that any operation may answer with. */
const usual = [400, 401, 403, 404, 429, 500, 502]

/** The description of the API (OpenAPI 3.1), of the same table that requests are routed by. */
export function openApiDocument(version: string): JsonObject {
  return {
    openapi: '3.1.0',
    info: { title: 'ibuild retention', version, description: about },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { bearer: [] }],
    paths: { ...ownPaths, ...pathsOf(endpoints, `${base}/{source}`), ...pathsOf(sherdockEndpoints, sherdockBase) },
    components: {
      securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(named.map(({ name, definition }) => [name, definition])),
    },
  }
}

const about = [
  'What of a registry, of the store of builds or of a Docker daemon stays and goes, by a policy.',
  'Accounts and tokens are those of the registry; the configuration says with retention.access who has which of these scopes:',
  ...Object.entries(scopes).map(([scope, what]) => `- ${scope}: ${what}`),
].join('\n')

const jsonOf = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } })

const ownPaths: JsonObject = {
  [base]: {
    get: {
      operationId: 'listSources',
      summary: 'What is looked after here.',
      'x-scope': 'policy:read',
      responses: {
        200: {
          description: 'Sources.',
          content: jsonOf(sourcesTold.schema),
        },
        ...failures([401, 403]),
      },
    },
  },
  [`${base}/openapi.json`]: {
    get: {
      operationId: 'getDocument',
      summary: 'This document.',
      security: [],
      responses: { 200: { description: 'OpenAPI 3.1.', content: jsonOf({ type: 'object' }) } },
    },
  },
}

function pathsOf(all: readonly Endpoint[], before: string): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const one of all) {
    const path = `${before}${one.path}`
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operationOf(one, path) }
  }
  return paths
}

function operationOf(endpoint: Endpoint, whole: string): JsonObject {
  const { id, about: summary, scope, body, answer, isLines, isForDelegates, errors } = endpoint
  const type = isLines ? 'application/x-ndjson' : 'application/json'
  const statuses = [...usual, ...errors, ...(body === undefined ? [] : [413, 415])]
  return {
    operationId: id,
    summary,
    'x-scope': scope,
    'x-for-some-repositories': isForDelegates,
    parameters: [...partsOf(whole), ...queryOf(endpoint)],
    ...(body !== undefined && { requestBody: { required: !body.isOptional, content: contentOf(body) } }),
    responses: {
      200: {
        description: isLines ? 'Lines, each such a document; a last one with an error where it broke off.' : 'Done.',
        content: { [type]: { schema: answer.schema } },
      },
      ...failures([...new Set(statuses)].sort((a, b) => a - b)),
    },
  }
}

function partsOf(path: string): readonly JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'source' ? source.schema : { type: 'string' },
  }))
}

function queryOf({ query: { schema } }: Endpoint): readonly JsonObject[] {
  const properties = isObject(schema['properties'] ?? null) ? schema['properties'] : {}
  const required: JsonValue = schema['required'] ?? []
  return Object.entries(properties ?? {}).map(([name, one]: [string, JsonValue]) => ({
    name,
    in: 'query',
    required: Array.isArray(required) && required.includes(name),
    schema: one,
  }))
}

function contentOf({ shape, isPolicy }: BodyShape): JsonObject {
  return { ...jsonOf(shape.schema), ...(isPolicy && { 'application/yaml': { schema: { type: 'string' } } }) }
}

function failures(statuses: readonly number[]): JsonObject {
  const content = jsonOf(errorAnswer.schema)
  return Object.fromEntries(statuses.map((one) => [String(one), { description: statusWords[one] ?? '', content }]))
}
