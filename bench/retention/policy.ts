/** Ninety days of tags, of which these rules speak in every way that costs something; nothing of it is put in force. */
export const policy: string = `version: 1
policies:
  - id: branches
    repos: { include: ["team/.*"] }
    tags: { keep: ["v[0-9]+\\\\.[0-9]+\\\\.[0-9]+"], delete: ["[a-z]+-.*"] }
    group: "(?P<branch>[a-z]+)-(?P<build>[0-9]+)"
    keep:
      - mostRecent: { n: 10, by: "number:build" }
      - pulledWithin: 30d
    delete: [{ olderThan: { pushed: 14d } }]
`
