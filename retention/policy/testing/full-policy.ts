/** A policy with every key that there is. */
export const fullPolicy = `version: 1
default: keep
schedule: { cron: "15 3 * * *", timezone: Europe/London, window: 4h, jitter: 10m }
mode: propose
trash: { days: 14, purgeOnDiskBelow: 5% }
limits: { maxTags: 400, maxPercentPerRepo: 12.5%, maxBytes: 500GiB, minRemainingPerRepo: 2, planTtl: 2h }
policies:
  - id: ci-builds
    repos: { include: ["^team-a/.*$"], exclude: ["^team-a/base(/.*)?$"], syntax: regex }
    tags: { keep: ["^v\\\\d+\\\\.\\\\d+\\\\.\\\\d+$", "^latest$"], delete: ["^pr-\\\\d+-.*"] }
    images: { keep: ["team-a/api:stable-.*"] }
    group: "^(?<branch>.+)-(?<build>\\\\d+)$"
    keep:
      - mostRecent: { n: 10, by: pushed }
      - mostRecent: { n: 3, by: "number:build" }
      - pulledWithin: 30d
      - pushedWithin: 14d
      - signedBy: [release-role, targets/releases]
      - label: { "org.example.keep": "true" }
    delete:
      - olderThan: { pushed: 90d }
      - notPulledFor: 180d
    untagged: { olderThan: 7d, unlessPulledWithin: 30d }
    referrers: followSubject
  - id: globs
    repos: { include: ["team-b/**"], syntax: glob }
    tags: { keep: ["v*"], delete: ["*-rc"], syntax: glob }
holds:
  - { repo: team-a/api, digest: "sha256:${'ab'.repeat(32)}", reason: legal 2026-114, until: 2027-01-01 }
  - { repo: team-a/api, tag: v1, reason: asked for, until: "2027-01-01T12:30:00+01:00" }
  - { repo: team-a/web, reason: all of it }
immutable:
  - { repos: "^prod/.*", tags: "^v.*" }
  - { repos: "prod/**", tags: "v*", syntax: glob }
mirror:
  - { image: "docker.io/library/ubuntu:24.04", to: mirror/ubuntu, everyMinutes: 30 }
  - { image: busybox }
triggers:
  - { when: diskFree < 10%, run: ci-builds, order: oldest }
  - { when: diskFree<5%, run: [ci-builds, globs] }
volumes: { keep: ["data-.*"], olderThan: 7d }
cache: { notUsedFor: 30d }
`
