/** What somebody may do over the API. Writing a policy is another thing than approving what it would remove. */
export type Scope = (typeof scopes)[number]

export const scopes = ['policy:read', 'policy:write', 'policy:approve', 'trash:restore', 'trash:purge'] as const

/** Who may do what. */
export interface AccessRule {
  /** `user:NAME`, `group:NAME`, `authenticated`, `anonymous`. */
  readonly who: readonly string[]
  readonly scopes: readonly Scope[]
  /** Patterns of repositories, of which alone they are told and which alone they give back. Undefined: all. */
  readonly repositories: readonly string[] | undefined
}
