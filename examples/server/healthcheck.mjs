// Ends with 0 if the server takes requests. The image has no curl. Health needs no token.
const url = `http://127.0.0.1:${process.env.PORT ?? 8080}/v2/health/ready`;
const isReady = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isReady ? 0 : 1);
