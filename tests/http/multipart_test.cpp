#include "http/multipart.h"

#include <gtest/gtest.h>

namespace focus::http {
namespace {

int status_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const HttpError& error) {
    return error.status();
  }
  return 200;
}

std::string part(const std::string& disposition, const std::string& content, const std::string& more = "") {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" + content + "\r\n";
}

Part only_part(const std::string& form) {
  static std::string body;  // Which the part lies in.
  body = form;
  auto parts = read_form(body, "b", 9);
  EXPECT_EQ(parts.size(), 1u);
  return parts.empty() ? Part() : parts.front();
}

TEST(Multipart, FindsTheBoundary) {
  EXPECT_FALSE(form_boundary("image/jpeg"));
  EXPECT_FALSE(form_boundary(""));
  EXPECT_FALSE(form_boundary("multipart/form-data-x; boundary=a"));
  EXPECT_EQ(form_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(form_boundary("Multipart/Form-Data;charset=utf-8; Boundary=\"a b:c\""), "a b:c");
  for (const auto* bad :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=a\x01"}) {
    EXPECT_EQ(status_of([&] { form_boundary(bad); }), 400) << bad;
  }
  EXPECT_EQ(status_of([] { form_boundary("multipart/form-data; boundary=" + std::string(71, 'a')); }), 400);
}

TEST(Multipart, KeepsTheOrderOfParts) {
  const auto body = "ignored\r\n" +
                    part("name=\"z\"; filename=\"1.jpg\"", std::string("\0\r\n--\r\n\xff", 8),
                         "Content-Type: image/jpeg\r\n") +
                    part("name=a", "") + part("name=\"z\"; filename=\"2.jpg\"", "\r\n--bx\r\n") +
                    "--b--\r\nignored\r\n--b\r\n";
  const auto parts = read_form(body, "b", 3);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].name, "z");
  EXPECT_EQ(parts[0].file_name, "1.jpg");
  EXPECT_EQ(parts[0].type, "image/jpeg");
  EXPECT_EQ(parts[0].content, std::string("\0\r\n--\r\n\xff", 8));
  EXPECT_EQ(parts[1].name, "a");
  EXPECT_FALSE(parts[1].file_name);
  EXPECT_EQ(parts[1].type, "");
  EXPECT_EQ(parts[1].content, "");
  EXPECT_EQ(parts[2].content, "\r\n--bx\r\n");
  EXPECT_EQ(status_of([&] { read_form(body, "b", 2); }), 413);
  EXPECT_TRUE(read_form("--b--", "b", 0).empty());
}

TEST(Multipart, ReadsNamesAsClientsWriteThem) {
  const auto name_of = [](const std::string& disposition) {
    return *only_part(part(disposition, "x") + "--b--").file_name;
  };
  EXPECT_EQ(name_of("name=\"f\"; filename=\"a%22b%0D%0a;c.jpg\""),
            "a\"b\r\n;c.jpg");                                                    // Browsers, newer curl.
  EXPECT_EQ(name_of("name=\"f\"; filename=\"a\\\"b\\\\c.jpg\""), "a\"b\\c.jpg");  // Older curl.
  EXPECT_EQ(name_of("name=\"f\"; filename=\"C:\\dir\\a.jpg\""), "C:\\dir\\a.jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename=\"100%.jpg\""), "100%.jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename=\"\xc3\xa4.jpg\""), "\xc3\xa4.jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename=\"a.jpg\"; filename*=UTF-8''%e2%82%ac%20.jpg"),
            "\xe2\x82\xac .jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename*=iso-8859-1'en'%e4.jpg"), "\xc3\xa4.jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename=plain.jpg"), "plain.jpg");
  EXPECT_EQ(name_of("name=\"f\"; filename=\"\""), "");
  EXPECT_EQ(only_part(part("name*=utf-8''%c3%a4", "x") + "--b--").name, "\xc3\xa4");
  EXPECT_EQ(status_of([] { read_form(part("name=\"f\"; filename*=UTF-16''a", "x") + "--b--", "b", 9); }),
            400);
  EXPECT_EQ(status_of([] { read_form(part("name=\"f\"; filename*=UTF-8''%g", "x") + "--b--", "b", 9); }),
            400);
}

TEST(Multipart, AllowsWhatStandardsAllow) {
  // Padding behind a delimiter, folded fields, an empty part that shares its line end, other fields.
  const auto padded = only_part(
      "--b \t\r\ncontent-disposition:\r\n form-data;\r\n\tname=\"f\"\r\nX-Other: y\r\n\r\nx\r\n--b-- ");
  EXPECT_EQ(padded.name, "f");
  EXPECT_EQ(padded.content, "x");
  EXPECT_EQ(only_part("--b\r\nContent-Disposition: form-data; name=f\r\n\r\n--b--").content, "");
  EXPECT_EQ(only_part(part("name=f", "x", "Content-Transfer-Encoding: Binary\r\n") + "--b--").content, "x");
}

TEST(Multipart, RefusesWhatIsCutOrMalformed) {
  const std::vector<std::string> bad{
      "",
      "x",
      "--b",
      "--b\r\n",
      "--c--\r\n",
      part("name=f", "x"),                                        // No last delimiter.
      part("name=f", "x") + "--b",                                // Half of one.
      part("name=f", "x") + "--b\r\n",                            // Another part begins.
      "--b\r\n--b--",                                             // A part of nothing.
      "--b\r\n\r\nx\r\n--b--",                                    // No fields.
      "--b\r\nContent-Disposition: form-data; name=f\r\n--b--",   // No empty line.
      "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",  // No name.
      "--b\r\nContent-Disposition: attachment; name=f\r\n\r\nx\r\n--b--",
      "--b\r\nContent-Disposition: form-data; name=\"f\r\n\r\nx\r\n--b--",
      "--b\r\nno field\r\n\r\nx\r\n--b--",
      "--b\r\n folded: first\r\n\r\nx\r\n--b--",
      part("name=f", "eA==", "Content-Transfer-Encoding: base64\r\n") + "--b--",
      part("name=f", "x", "X: " + std::string(20000, 'y') + "\r\n") + "--b--",
  };
  for (const auto& body : bad)
    EXPECT_EQ(status_of([&] { read_form(body, "b", 9); }), 400) << body.substr(0, 100);
}

}  // namespace
}  // namespace focus::http
