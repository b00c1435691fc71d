import type { SourceLocation } from '../../shared/base/errors.ts'
import { secretNames } from './lint-secrets.ts'
import type { DockerfileWarning, Instruction, Stage } from './types.ts'

/** A keyword as it is written, for the rule about casing. */
export interface WrittenKeyword {
  readonly written: string
  readonly location: SourceLocation
}

/** Findings that need more than one instruction; they name rules as BuildKit spells them. */
export function lintFile(stages: readonly Stage[], keywords: readonly WrittenKeyword[]): DockerfileWarning[] {
  return [
    ...stageNames(stages),
    ...stages.flatMap(redundantPlatform),
    ...stages.flatMap(repeated),
    ...shellForms(stages),
    ...stages.flatMap(({ instructions }) => instructions.flatMap(secretNames)),
    ...casing(keywords),
  ]
}

function stageNames(stages: readonly Stage[]): DockerfileWarning[] {
  const seen = new Set<string>()
  const warnings: DockerfileWarning[] = []
  for (const { name, location } of stages) {
    if (name === undefined) continue
    if (name === 'context' || name === 'scratch') {
      const message = `Stage name should not use the same name as reserved stage "${name}"`
      warnings.push({ rule: 'ReservedStageName', message, location })
    }
    if (seen.has(name)) {
      const message = `Duplicate stage name "${name}", stage names should be unique`
      warnings.push({ rule: 'DuplicateStageName', message, location })
    }
    seen.add(name)
  }
  return warnings
}

function redundantPlatform({ platform, location }: Stage): DockerfileWarning[] {
  if (platform !== '$TARGETPLATFORM' && platform !== '${TARGETPLATFORM}') return []
  const message = `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`
  return [{ rule: 'RedundantTargetPlatform', message, location }]
}

/** Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage all but the last are without effect; those are named. */
function repeated({ instructions }: Stage): DockerfileWarning[] {
  const last = new Map<string, SourceLocation>()
  const warnings: DockerfileWarning[] = []
  for (const { kind, location } of instructions) {
    if (kind !== 'CMD' && kind !== 'ENTRYPOINT' && kind !== 'HEALTHCHECK') continue
    const earlier = last.get(kind)
    if (earlier !== undefined) {
      const message = `Multiple ${kind} instructions should not be used in the same stage because only the last one will be used`
      warnings.push({ rule: 'MultipleInstructionsDisallowed', message, location: earlier })
    }
    last.set(kind, location)
  }
  return warnings
}

/** Shell-form CMD and ENTRYPOINT, unless the file chose a SHELL for the stage or one that it is built from. */
function shellForms(stages: readonly Stage[]): DockerfileWarning[] {
  const chosen = new Map<string, boolean>()
  const warnings: DockerfileWarning[] = []
  for (const { base, name, instructions } of stages) {
    let shell = chosen.get(base) ?? false
    for (const instruction of instructions) {
      if (instruction.kind === 'SHELL') shell = true
      if (!shell && isShellForm(instruction)) warnings.push(jsonRecommended(instruction))
    }
    if (name !== undefined) chosen.set(name, shell)
  }
  return warnings
}

function isShellForm(instruction: Instruction): boolean {
  return (instruction.kind === 'CMD' || instruction.kind === 'ENTRYPOINT') && instruction.command.form === 'shell'
}

function jsonRecommended({ kind, location }: Instruction): DockerfileWarning {
  const message = `JSON arguments recommended for ${kind} to prevent unintended behavior related to OS signals`
  return { rule: 'JSONArgsRecommended', message, location }
}

/** Keywords in the case that the file uses less often, or in mixed case. */
function casing(keywords: readonly WrittenKeyword[]): DockerfileWarning[] {
  const lower = keywords.filter(({ written }) => written === written.toLowerCase()).length
  const upper = keywords.filter(({ written }) => written === written.toUpperCase()).length
  const majority = lower > upper ? 'lowercase' : 'uppercase'
  return keywords.flatMap(({ written, location }) => {
    const wanted = majority === 'lowercase' ? written.toLowerCase() : written.toUpperCase()
    if (written === wanted) return []
    const message = `Command '${written}' should match the case of the command majority (${majority})`
    return [{ rule: 'ConsistentInstructionCasing', message, location }]
  })
}
