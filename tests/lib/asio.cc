// asio NAME PORT THREADS CLIENTS: asynchronous clients of Boost.Asio, which registers a socket in epoll before it
// connects, print what the server says.
#include <boost/asio.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

using boost::asio::ip::tcp;

struct client {
	tcp::resolver resolver;
	tcp::socket socket;
	std::string in;
	explicit client(boost::asio::io_context &io) : resolver(io), socket(io) {}
};

static int status = 0;

static bool failed(const char *what, const boost::system::error_code &error)
{
	if (!error || error == boost::asio::error::eof)
		return false;
	std::cout << std::string(what) + ": " + error.message() + "\n";
	status = 1;
	return true;
}

int main(int, char **argv)
{
	boost::asio::io_context io;
	std::vector<std::unique_ptr<client>> clients;
	std::vector<std::thread> threads;

	for (int i = 0; i < std::atoi(argv[4]); i++) {
		clients.push_back(std::make_unique<client>(io));
		client *c = clients.back().get();
		c->resolver.async_resolve(tcp::v4(), argv[1], argv[2], [c](auto error, auto results) {
			if (failed("resolve", error))
				return;
			boost::asio::async_connect(c->socket, results, [c](auto error, auto) {
				if (failed("connect", error))
					return;
				boost::asio::async_read(c->socket, boost::asio::dynamic_buffer(c->in), [c](auto error, auto) {
					if (!failed("read", error))
						std::cout << c->in;
				});
			});
		});
	}
	for (int i = 0; i < std::atoi(argv[3]); i++)
		threads.emplace_back([&io] { io.run(); });
	for (auto &thread : threads)
		thread.join();
	return status;
}
