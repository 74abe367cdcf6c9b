// The process of the load: runs autocannon for each job that the parent sends.
import autocannon from "autocannon";

process.on("message", async ({ requests, connections, seconds }) => {
  const { latency, statusCodeStats, errors, timeouts, duration, ...result } = await autocannon({
    url: requests[0].url,
    connections,
    duration: seconds,
    requests: requests.map(({ url, headers, body }) => ({
      method: "POST",
      path: new URL(url).pathname,
      headers,
      body: Buffer.from(body, "base64"),
    })),
  });
  const answered = result["2xx"];
  process.send({
    answered,
    perSecond: answered / duration,
    mean: latency.average,
    p99: latency.p99,
    failed: errors + timeouts + Object.values(statusCodeStats).reduce((sum, { count }) => sum + count, 0) - answered,
  });
});
