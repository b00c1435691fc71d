import type { OutputSpec } from './output-types.ts'

/** What a build says before it writes an output: compressing and sending may take a while. */
export function describeOutput(output: OutputSpec, names: readonly string[]): string {
  if (output.type === 'registry') return `pushing to ${(output.names ?? names).join(', ')}`
  if (output.type === 'daemon') return `loading the image into the Docker daemon at ${output.host}`
  const where = output.dest === '-' ? 'stdout' : output.dest
  if (output.type !== 'oci' && output.type !== 'docker') return `writing the files of the image to ${where}`
  const { compression } = output
  const how = compression === undefined ? '' : ` with ${compression.format} layers`
  return `writing ${where} (${output.type}${how})`
}
