import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { askHealth } from '../cli/services/ask-health.ts'
import { parseCount } from '../cli/sizes.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly timeout: string
}

const usual = '127.0.0.1:5000'

const help = `
ibuild health                                          the registry of this machine lives
ibuild health 127.0.0.1:5001                           it listens there, with TLS or without
ibuild health https://127.0.0.1:5000/readyz/push       it can be pushed to
ibuild health https://127.0.0.1:4443/_notary_server/health
ibuild health tls://127.0.0.1:7899                     the signer answers, which has no pages

The exit code is 0 when it is well and 1 when not; then stdout says why. No certificate is checked,
as nothing is sent that others may not see.`

/** `ibuild health [URL]`, as checks of containers and units call it. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('health', 'Ask a server whether it is well')
    .argument('[url]', `page of its health, HOST:PORT or tls://HOST:PORT (default: ${usual})`)
    .option('--timeout <seconds>', 'how long it may take', '5')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const milliseconds = secondsOf(flags.timeout) * 1000
  const url = await healthURL(words[0] ?? usual, milliseconds)
  const { isHealthy, text } = await askHealth(url, milliseconds)
  process.stdout.write(`${text.split('\n').map(sanitize).join('\n')}\n`)
  return isHealthy ? 0 : 1
}

function secondsOf(text: string): number {
  const seconds = parseCount(text, '--timeout')
  if (seconds >= 1 && seconds <= 600) return seconds
  throw new IbuildError('USAGE', `--timeout: ${seconds} is not from 1 to 600`)
}

/** Of `HOST:PORT` the page that a registry has there, in TLS if it answers in that. Errors: USAGE. */
async function healthURL(text: string, milliseconds: number): Promise<URL> {
  if (!/^[^/@?#]+:\d+$/.test(text)) return parseHealthURL(text)
  const { isHealthy: hasTls } = await askHealth(parseHealthURL(`tls://${text}`), milliseconds)
  return parseHealthURL(`${hasTls ? 'https' : 'http'}://${text}/healthz`)
}

function parseHealthURL(text: string): URL {
  const url = URL.parse(text)
  const isKnown = url !== null && /^(?:https?|tls):$/.test(url.protocol) && url.hostname !== ''
  if (isKnown && url.username === '' && url.password === '' && (url.protocol !== 'tls:' || url.port !== '')) return url
  throw new IbuildError('USAGE', `${JSON.stringify(text.slice(0, 200))} is no URL of a server`, {
    hint: 'Write it as HOST:PORT, http://HOST:PORT/healthz, https://HOST:PORT/readyz or tls://HOST:PORT.',
  })
}
