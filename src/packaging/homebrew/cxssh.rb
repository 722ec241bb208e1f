# SPDX-License-Identifier: MIT
# brew install --formula ./cxssh.rb, beside the tarball of make dist.
class Cxssh < Formula
  desc "Plain ssh, scp and rsync to servers deployed by Cloud 66"
  homepage "https://cxssh.invalid"
  url "file://#{__dir__}/cxssh-@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "curl"
  depends_on "json-c"
  depends_on "libssh2"
  depends_on "openssl@3"

  def install
    ENV.prepend_path "PKG_CONFIG_PATH", formula_opt_lib("curl")
    ENV.prepend_path "PKG_CONFIG_PATH", formula_opt_lib("openssl@3")
    settings = ["PREFIX=#{prefix}", "BASHDIR=#{bash_completion}", "ZSHDIR=#{zsh_completion}",
                "FISHDIR=#{fish_completion}"]
    system "make", *settings, "all"
    system "make", *settings, "install"
  end

  def formula_opt_lib(name)
    Formula[name].opt_lib/"pkgconfig"
  end

  test do
    assert_match "cxssh #{version}", shell_output("#{bin}/cxssh --version")
  end
end
