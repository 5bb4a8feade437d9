//! The grant types there are: what a client is registered for, what the token endpoint serves, what discovery says.

/// The grant types there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 6749 section 4.3: for clients an administrator has given it, and no others.
    Password,
    /// RFC 8628 section 3.4.
    DeviceCode,
    /// Another server's access token for one of ours, on the wire of the toolkits for Django REST Framework.
    ConvertToken,
    /// RFC 8693: the same, and less for more.
    TokenExchange,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::Password,
        Self::DeviceCode,
        Self::ConvertToken,
        Self::TokenExchange,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::ConvertToken => "convert_token",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }
}
