import { age, choice, count, duration, size, text, yesOrNo } from '../../../shared/config/kinds.ts'
import { networks } from '../../../shared/config/networks-kind.ts'
import { key, live, type Schema, schemaOf, type Values } from '../../../shared/config/schema.ts'
import {
  anonymousMetricsKey,
  certificateKeys,
  connectionKeys,
  drainKey,
  headersKey,
  logKeys,
  metricsKey,
  plainHttpKey,
  trustedProxiesKey,
} from '../../../shared/web/config-keys.ts'
import { usualRules } from '../../access/rules.ts'
import { accessRules, groupMembers, realm } from './access-kinds.ts'
import { baseUrl, endpoints } from './endpoint-kind.ts'
import { gateRules, trustServer } from './gate-rules.ts'
import { hostNames } from './host-names.ts'
import { immutableTags } from './immutable.ts'
import { quotaRules } from './quotas.ts'
import { tokenIssuers, tokenRealm } from './token-kinds.ts'

/** All that can be configured. The order is that of the documentation and of what `--check-config` prints. */
const schema = {
  listen: key(
    text,
    '127.0.0.1:5000',
    'Address and port; port 0 takes a free one, no address means all of this machine.',
  ),
  root: key(
    text,
    '',
    'Data folder, unless --root or IBUILD_ROOT names one. The registry keeps all in its folder registry.',
  ),
  hosts: live(
    hostNames,
    [],
    'Names by which clients write images of this registry, with the port where they write one: of collections with these names the notary takes care. None: localhost, those of listen and tls.names, with the port.',
  ),
  tls: {
    mode: key(
      choice('off', 'auto', 'files'),
      'off',
      'auto: an own CA and a certificate for tls.names; files: those below.',
    ),
    ...certificateKeys,
  },
  insecure: {
    plainHttp: plainHttpKey,
    anonymousPush: key(yesOrNo, false, 'Allows everyone who reaches the address to push, pull and delete.'),
    anonymousMetrics: anonymousMetricsKey,
  },
  trustedProxies: trustedProxiesKey,
  access: {
    htpasswd: key(
      text,
      '',
      'File with accounts, hashed by bcrypt, read again when it changes; none: registry/htpasswd of the data folder, when it is there.',
    ),
    groups: live(groupMembers, {}, 'Accounts that rules name together.'),
    rules: live(
      accessRules,
      usualRules,
      'Who may do what in which repositories: all that is allowed. Without accounts and without a rule of your own everybody may do everything.',
    ),
    realm: live(realm, 'ibuild registry', 'What clients show when they ask for a name and a password.'),
  },
  token: {
    enabled: key(
      yesOrNo,
      true,
      'Gives tokens to accounts, at /token; false: clients send name and password with each request. Without accounts and issuers there are none.',
    ),
    realm: live(
      tokenRealm,
      '',
      'URL at which clients ask for tokens, as one behind a proxy that has TLS must say, unless that is among trustedProxies; else /token of the name by which they came.',
    ),
    service: key(realm, 'ibuild-registry', 'Whose tokens these are: another text for each registry.'),
    life: live(duration, 300_000, 'How long a token lives, a minute to a day.'),
    refreshLife: live(
      age,
      30 * 86_400_000,
      'How long a client stays logged in without doing anything, where it keeps a token instead of the password.',
    ),
    rotateKeys: live(age, 30 * 86_400_000, 'Age at which the key that signs tokens gives way to a new one.'),
    issuers: key(tokenIssuers, [], 'Others whose tokens count: their name here, issuer, audience, keys, and claims.'),
  },
  trust: {
    server: live(
      trustServer,
      '',
      'https://HOST:PORT of the notary that has the collections of these repositories, where that is another process; reached as docker would by this user. None: the one that runs here.',
    ),
    pulls: live(
      gateRules,
      [],
      'What must be signed to be pulled, by whom, in which repositories: the first rule that fits counts. Who may push is let through.',
    ),
  },
  readOnly: live(yesOrNo, false, 'Refuses all that writes. While false, ibuild registry read-only decides.'),
  delete: {
    enabled: live(yesOrNo, true, 'Allows clients to delete manifests, tags and blobs.'),
  },
  tags: {
    immutable: live(
      immutableTags,
      [],
      'Tags that are set once and then neither moved nor deleted; `!` before a pattern takes some of them out again.',
    ),
  },
  history: {
    keep: live(
      count,
      10,
      'Of each tag, what so many moves before the present one set it to is kept from garbage collection.',
    ),
    age: live(age, 30 * 86_400_000, 'How long such a manifest is kept after the tag left it; 0 keeps none.'),
  },
  gc: {
    enabled: live(yesOrNo, true, 'Removes blobs and manifests that are no longer of use, while the registry is used.'),
    delay: live(
      duration,
      3_600_000,
      'From what may have freed something to the first look at it; also IBUILD_GC_DELAY.',
    ),
    lease: live(
      duration,
      3_600_000,
      'How long what a client pushed, mounted or found stays, after the last work of a push in its repository; for so long after a start nothing is removed.',
    ),
    untagged: {
      remove: live(yesOrNo, true, 'Removes manifests without a tag that nothing refers to.'),
      keep: live(age, 7 * 86_400_000, 'How long such a manifest stays.'),
    },
  },
  quota: live(quotaRules, [], 'Bytes that each of some repositories may have; the first pattern that fits counts.'),
  manifests: {
    sparse: key(
      choice('refuse', 'index', 'accept'),
      'index',
      'What may be missing when a manifest is pushed: nothing, manifests of an index, or blobs as well.',
    ),
  },
  uploads: {
    sessions: key(count, 5000, 'Uploads that may be open at once.'),
    sessionsPerRepository: key(count, 1000, 'Uploads that may be open at once in one repository.'),
    idle: key(duration, 86_400_000, 'Time after which an upload that nobody goes on with is given up.'),
    total: key(duration, 604_800_000, 'Time after which any upload is given up.'),
  },
  storage: {
    blobSize: key(size, 2 ** 40, 'Largest blob that is taken.'),
    reserve: key(
      size,
      0,
      'Bytes that uploads leave free on the disk; 0: the 20th part or 2 GiB, at most the 10th part.',
    ),
    durability: key(
      choice('strict', 'group', 'relaxed'),
      'group',
      'What is on the disk before a push is acknowledged: each change by itself, changes of the same moment together, or nothing.',
    ),
  },
  scrub: {
    rate: live(
      size,
      8 * 1024 * 1024,
      'Bytes a second that are read again to find what the disk lost, a quarter of it while clients are served; 0 for never.',
    ),
    every: live(duration, 1_209_600_000, 'Time from the end of one such pass over all that is stored to the next.'),
  },
  limits: {
    ...connectionKeys,
    stalledRead: live(duration, 300_000, 'Time in which a client must take the next piece of a blob.'),
    pageSize: live(count, 1000, 'Items of a page of a listing at most, and without n.'),
    sendBuffers: live(size, 32 * 1024 * 1024, 'Memory for blobs that are being sent, of all clients together.'),
  },
  headers: headersKey,
  log: {
    ...logKeys,
    requests: live(
      choice('none', 'failures', 'changes', 'all'),
      'changes',
      'Requests that are told at level info: those that failed for a reason of the server, also those that change something, or all.',
    ),
  },
  metrics: {
    enabled: metricsKey,
    listen: key(
      text,
      '',
      'Address for /metrics, /healthz and /readyz; else /metrics answers direct calls from this machine only.',
    ),
  },
  events: {
    endpoints: live(endpoints, [], 'Who is told of pushes, pulls, mounts and deletions.'),
    url: live(baseUrl, '', 'Where clients reach the registry, for URLs in events; else what the client called it.'),
    references: live(yesOrNo, false, 'Tells with a manifest what it names, as far as that is not too long.'),
    retain: live(duration, 86_400_000, 'How long events are kept that all endpoints have, to be told again.'),
    limit: live(count, 100_000, 'Events that are kept at most: an endpoint that is further behind loses the oldest.'),
    deadLetters: live(count, 1000, 'Dead letters that are kept of each endpoint.'),
    allow: live(
      networks,
      [],
      'Networks to which events go though they are refused: those of links and metadata services.',
    ),
  },
  shutdown: {
    drain: drainKey,
  },
} as const

/** The configuration as the code has it: each value of the type of its kind. */
export type ServerConfig = Values<typeof schema>

export const serverSchema: Schema<ServerConfig> = schemaOf(schema)

/** Every key, in the order of the schema. */
export const { keys } = serverSchema
