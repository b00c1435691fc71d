import { age, choice, count, duration, headerValues, size, text, texts, yesOrNo } from '../../../shared/config/kinds.ts'
import { networks } from '../../../shared/config/networks-kind.ts'
import { key, live, type Schema, schemaOf, type Values } from '../../../shared/config/schema.ts'

const day = 86_400_000

/** Of an address without a port. */
export const usualPort = 4443

/** What can be configured of the notary wherever it runs. The order is that of the documentation and of what `--check-config` prints. */
const beside = {
  listen: key(
    text,
    '127.0.0.1:4443',
    'Address and port; port 0 takes a free one, no address means all of this machine, off that none is served.',
  ),
  tls: {
    mode: key(
      choice('auto', 'files', 'off'),
      'auto',
      'auto: an own CA and a certificate for tls.names; files: those below. Stock clients want TLS.',
    ),
    names: key(
      texts,
      [],
      'Names and addresses for the certificate of tls.mode auto, beside that of listen and localhost.',
    ),
    certificate: live(text, '', 'PEM file with the certificate and those above it. Read again when it changes.'),
    key: live(text, '', 'PEM file with its private key.'),
    clientCA: key(texts, [], 'PEM files with CAs; with any, clients must show a certificate of one of them.'),
    minimum: live(choice('1.2', '1.3'), '1.2', 'Oldest version of TLS that is spoken.'),
  },
  insecure: {
    plainHttp: key(yesOrNo, false, 'Allows plain HTTP on an address that other machines reach.'),
    anonymousPublish: key(
      yesOrNo,
      false,
      'Allows everyone who reaches the address to publish, to rotate keys and to delete collections.',
    ),
    anonymousMetrics: key(yesOrNo, false, 'Allows everyone who reaches metrics.listen to read there, by plain HTTP.'),
  },
  trustedProxies: live(
    networks,
    [],
    'Networks of proxies that are believed when they tell of clients, by X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.',
  ),
  signer: {
    mode: key(
      choice('local', 'remote'),
      'local',
      'local: keys that sign are in the data folder, locked; remote: they are at signer.address, and this process has none.',
    ),
    keyFile: key(
      text,
      '',
      'File of 32 bytes or more that lock the keys; without it and signer.passphraseFile the environment variable IBUILD_NOTARY_SIGNER_PASSPHRASE, or notary/signer/signer.key of the data folder, which is made.',
    ),
    passphraseFile: key(text, '', 'File with a passphrase that locks the keys, in one line.'),
    type: key(choice('ed25519', 'ecdsa'), 'ed25519', 'Type of new keys.'),
    address: key(text, '', 'HOST:PORT of ibuild notary signer serve, for signer.mode remote.'),
    ca: key(text, '', 'PEM file with the CA of its certificate: no other is believed.'),
    certificate: key(text, '', 'PEM file with the certificate that is shown to it.'),
    key: key(text, '', 'PEM file with the private key of that.'),
  },
  expiry: {
    timestamp: key(age, 14 * day, 'How long a timestamp is good for; it is renewed when half of that is over.'),
    snapshot: key(age, 3 * 365 * day, 'How long a snapshot is good for that is signed here.'),
  },
  retention: {
    time: key(
      age,
      day,
      'How long files stay that newer ones replaced, for clients that learnt their names before. Roots stay.',
    ),
    size: key(size, 64 * 2 ** 20, 'Bytes of all such files of one collection; the newest stay.'),
  },
  storage: {
    durability: key(
      choice('strict', 'group', 'relaxed'),
      'group',
      'What is on the disk before a publish is acknowledged: each by itself, those of the same moment together, or nothing.',
    ),
  },
  cache: {
    current: live(
      duration,
      300_000,
      'How long others may keep files that the next publish replaces; 0 for not at all.',
    ),
    consistent: live(age, 30 * day, 'How long others may keep files that are asked for by hash or version.'),
  },
  limits: {
    connections: live(count, 8192, 'Connections at once; 0 for any number.'),
    connectionsPerAddress: key(
      count,
      2048,
      'Connections at once from one address, of IPv6 from one /64; 0 for any number.',
    ),
    headerSize: key(size, 16 * 1024, 'The request line and all headers together.'),
    headersTimeout: live(duration, 15_000, 'Time in which TLS must come about, and the headers of a request be there.'),
    keepAlive: live(duration, 75_000, 'How long a connection without a request stays open.'),
    bodyRate: live(size, 1024, 'Bytes a second, over a minute, below which a client that sends a body is cut off.'),
    stalledRead: live(duration, 300_000, 'Time in which a client must take an answer.'),
    uploadSize: key(size, 64 * 2 ** 20, 'All files of one publish together.'),
    uploadMemory: key(size, 192 * 2 ** 20, 'Memory for publishes that are being read, of all clients together.'),
  },
  headers: live(headerValues, {}, 'Headers for every answer.'),
  requests: live(
    choice('none', 'failures', 'changes', 'all'),
    'changes',
    'Requests that are told in the log at level info: those that failed for a reason of the server, also those that change something, or all.',
  ),
  metrics: {
    enabled: key(yesOrNo, true, 'Gathers metrics for Prometheus.'),
    listen: key(
      text,
      '',
      'Address for /metrics and /_notary_server/health; else /metrics answers direct calls from this machine only.',
    ),
  },
} as const

/** What there is besides for a notary that runs alone. */
const alone = {
  root: key(
    text,
    '',
    'Data folder, unless --root or IBUILD_ROOT names one. The notary keeps all in its folder notary.',
  ),
  log: {
    level: live(choice('error', 'warn', 'info', 'debug'), 'info', 'How much is told; debug has every request.'),
    format: live(
      choice('auto', 'json', 'text'),
      'auto',
      'One JSON object a line, or lines for people; auto: text on a terminal.',
    ),
  },
  shutdown: {
    drain: live(duration, 60_000, 'How long requests may go on when the server is asked to stop.'),
  },
} as const

/** The configuration as the code has it: each value of the type of its kind. */
export type NotaryConfig = Values<typeof beside>
/** Of a notary that runs alone. */
export type AloneConfig = NotaryConfig & Values<typeof alone>

export const notarySchema: Schema<NotaryConfig> = schemaOf(beside)
export const aloneSchema: Schema<AloneConfig> = schemaOf({ ...beside, ...alone })
