/** English: tables, facets and saved searches. */
export const tables = {};
