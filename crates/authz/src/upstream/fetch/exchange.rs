//! Calls that somebody else has put together, such as `oauth2`, and that are answered as they are.

use oauth2::http::{Request, Response};

use super::{Chosen, Fetch, LARGEST, Unreachable, body, transport};

impl Fetch {
    /// Makes any call, and answers whatever is answered.
    ///
    /// # Errors
    /// See [`Unreachable`]; a status is none.
    pub(in crate::upstream) async fn exchange(
        &self,
        request: Request<Vec<u8>>,
        chosen: Chosen,
    ) -> Result<Response<Vec<u8>>, Unreachable> {
        let url = self.judged(&request.uri().to_string())?;
        let request = reqwest::Request::try_from(request).map_err(transport)?;
        let client = self.client()?;
        self.within(&url, chosen, async {
            let mut response = client.execute(request).await.map_err(transport)?;
            let mut answer = Response::new(body(&mut response, LARGEST).await?);
            *answer.status_mut() = response.status();
            *answer.headers_mut() = std::mem::take(response.headers_mut());
            Ok(answer)
        })
        .await
    }
}
