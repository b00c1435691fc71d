import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild gc`, each loaded only when it is asked for. */
export const gcCommands: CommandTable = {
  preview: { summary: 'show what a policy would do now; nothing changes', load: () => import('./preview.ts') },
  plan: { summary: 'decide what is to go, and write it down', load: () => import('./plan.ts') },
  plans: { summary: 'list plans, or show what one would remove', load: () => import('./plans.ts') },
  apply: { summary: 'do what a plan says', load: () => import('./apply.ts') },
  run: { summary: 'plan, and apply where the policy says enforce', load: () => import('./run.ts') },
  status: { summary: 'show the policy, the last run, the next one and the trash', load: () => import('./status.ts') },
  policy: { summary: 'show, set, check and take back the policy', load: () => import('./policy.ts') },
  explain: { summary: 'show why something stays or goes', load: () => import('./explain.ts') },
  undo: { summary: 'give back what a run removed', load: () => import('./undo.ts') },
  trash: { summary: 'list what can still come back, or give it up', load: () => import('./trash.ts') },
  history: { summary: 'list runs', load: () => import('./history.ts') },
  audit: { summary: 'show who changed what', load: () => import('./audit.ts') },
  'in-use': { summary: 'say what runs, so that it stays', load: () => import('./in-use.ts') },
  serve: { summary: 'run policies by their schedules where no registry runs', load: () => import('./serve.ts') },
  mirror: { summary: 'show the images that are kept fresh', load: () => import('./mirror.ts') },
}
