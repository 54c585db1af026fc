// server/tls_client.h: who is believed by TLSA records.
#include "server/tls_client.h"
#include "tests/unit/server/tls_client_fixture.h"

namespace postroom {
namespace {

using testing::Certificate;
using testing::kDay;
using testing::TlsClientTest;
using Verify = relay::TlsPolicy::Verify;

class TlsClientDaneTest : public TlsClientTest {};

// RFC 7672 3.1.1: neither name nor date nor authority.
TEST_F(TlsClientDaneTest, DaneEeIsTheKeyAlone) {
  Certificate::Options options;
  options.alternative_names = "DNS:other.example.net";
  options.begins = -20 * kDay;
  options.ends = -10 * kDay;
  const Certificate own(options);
  serve(own);
  EXPECT_EQ(talk(dane({own.tlsa(3)})), "");
  EXPECT_EQ(answer, "EHLO client.example.org");
  const Certificate changed(options);
  EXPECT_EQ(talk(dane({changed.tlsa(3)})), "TLS: the certificate does not match the TLSA record");
  EXPECT_EQ(talk(dane({changed.tlsa(3), own.tlsa(3)})), "");
}

TEST_F(TlsClientDaneTest, AnAuthorityIsNoneForDane) {
  serve(good());
  EXPECT_EQ(talk(policy(Verify::pki)), "");
  EXPECT_EQ(talk(dane({make_authority("Other").tlsa(2)})),
            "TLS: the certificate does not match the TLSA record");
  EXPECT_EQ(talk(dane({make_authority("Other").tlsa(3)})),
            "TLS: the certificate does not match the TLSA record");
}

// RFC 7672 3.1.2
TEST_F(TlsClientDaneTest, DaneTaVouchesForItsOwn) {
  const Certificate anchor = make_authority("Anchor");
  Certificate::Options options;
  options.alternative_names = "DNS:mail.example.org";
  serve(Certificate(options, &anchor), anchor.pem());
  EXPECT_EQ(talk(dane({anchor.tlsa(2)})), "");
  EXPECT_EQ(talk(dane({anchor.tlsa(2)}, "mx.example.org")),
            "TLS: the certificate is not for mx.example.org but for mail.example.org");
  EXPECT_EQ(talk(dane({authority.tlsa(2)})), "TLS: the certificate does not match the TLSA record");
  options.begins = -20 * kDay;
  options.ends = -10 * kDay;
  serve(Certificate(options, &anchor), anchor.pem());
  EXPECT_EQ(talk(dane({anchor.tlsa(2)})).substr(0, 35), "TLS: the certificate has expired on");
}

// RFC 7672 3.2.3
TEST_F(TlsClientDaneTest, DaneTaTakesACommonNameWhereThereIsNoOther) {
  serve(leaf(""), authority.pem());
  EXPECT_EQ(talk(dane({authority.tlsa(2)})), "");
  serve(leaf("DNS:other.example.net"), authority.pem());
  EXPECT_NE(talk(dane({authority.tlsa(2)})), "");
}

// RFC 7672 3.1.3
TEST_F(TlsClientDaneTest, TheOtherUsagesCannotBeUsed) {
  const Certificate own = good();
  serve(own);
  EXPECT_EQ(talk(dane({own.tlsa(1), authority.tlsa(0)})), "TLS: no TLSA record can be used");
  EXPECT_EQ(talk(dane({})), "TLS: no TLSA record can be used");
  relay::Tlsa garbage = own.tlsa(3);
  garbage.matching = 0;
  garbage.data = "no key";
  EXPECT_EQ(talk(dane({garbage})), "TLS: no TLSA record can be used");
  EXPECT_EQ(talk(dane({garbage, own.tlsa(3)})), "");
}

}  // namespace
}  // namespace postroom
