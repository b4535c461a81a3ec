// A web application with express-openid-connect, as its documentation says: it hears back-channel logout.

import express from "express";
import oidc from "express-openid-connect";
import session from "express-session";

const told = JSON.parse(process.argv[2]);
const app = express();
const store = new session.MemoryStore();

app.use(
  oidc.auth({
    issuerBaseURL: told.issuer,
    baseURL: told.home,
    clientID: told.client_id,
    clientSecret: told.client_secret,
    secret: "a secret that only this application knows and keeps",
    authRequired: false,
    authorizationParams: { response_type: "code", scope: "openid profile email" },
    session: { store },
    backchannelLogout: true,
  }),
);
app.get("/who", (request, response) => response.json({ who: request.oidc.user?.sub ?? null, sid: request.oidc.idTokenClaims?.sid }));
app.use((error, _request, response, _next) => response.status(error.status ?? 500).send(String(error)));
app.listen(told.port, "127.0.0.1");
