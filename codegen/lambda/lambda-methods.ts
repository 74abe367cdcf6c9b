/** The methods of a pipeline that take a lambda as their second argument. */
export const lambdaMethods: ReadonlySet<string> = new Set(["validate", "alert"]);

/** Every file that passes a lambda to a pipeline contains one of their names. */
export const lambdaMethodName = new RegExp(`\\b(?:${[...lambdaMethods].join("|")})\\b`);
