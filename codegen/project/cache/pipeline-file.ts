/** The names of pipeline files. */
export const pipelineFile = /\.pipeline\.(ts|tsx|mts|js|mjs)$/;
