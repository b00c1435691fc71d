content of node/keep/z.ts
