import { notSupported, quote, syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import { isFileName } from '../heredoc.ts'
import { resolveShellForm } from '../shell-form.ts'
import type { Statement } from '../statement.ts'
import type { CommandLine, RunInstruction } from '../types.ts'
import { parseCommandLine } from './command.ts'

const networks = ['default', 'none', 'host']

/** RUN [--network=default|none|host] command. An empty shell form is accepted. */
export function parseRun(statement: Statement): RunInstruction {
  const { location, source } = statement
  const flags = parseFlags(statement, { mount: 'list', network: 'string', security: 'string', device: 'list' })
  if (flags.list('mount').length > 0) throw notSupported('RUN --mount', location)
  if (flags.list('device').length > 0) throw notSupported('RUN --device', location)
  checkSecurity(flags.text('security'), statement)
  const network = flags.text('network')
  if (network !== undefined && !networks.includes(network)) {
    throw syntaxError(`invalid network mode ${quote(network)}`, location, `Use one of ${networks.join(', ')}.`)
  }
  const command = parseCommandLine(statement)
  checkCommand(command, statement)
  return { kind: 'RUN', location, source, command, network }
}

function checkSecurity(security: string | undefined, { location }: Statement): void {
  if (security === undefined || security === 'sandbox') return
  if (security === 'insecure') throw notSupported('RUN --security=insecure', location)
  throw syntaxError(`security mode ${quote(security)} is not valid`, location, 'Use sandbox or insecure.')
}

function checkCommand(command: CommandLine, { location }: Statement): void {
  if (command.form === 'exec') {
    if (command.args.length === 0) throw syntaxError('RUN [] names no command', location)
    return
  }
  const script = resolveShellForm(command).file
  if (script !== undefined && !isFileName(script.name)) {
    throw syntaxError(`heredoc name ${quote(script.name)} cannot be a file name`, location)
  }
}
