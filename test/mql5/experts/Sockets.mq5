//+------------------------------------------------------------------+
//|                                                      Sockets.mq5 |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#property copyright "Copyright 2026, Trading Org"
#property version   "1.00"

#include <MT5Connector/Crypto/Z85.mqh>
#include <MT5Connector/Json/JsonReader.mqh>
#include <MT5Connector/Json/JsonWriter.mqh>
#include <MT5Connector/Net/Winsock.mqh>
#include <MT5Connector/Zmtp/PubSocket.mqh>
#include <MT5Connector/Zmtp/PullSocket.mqh>
#include <MT5Connector/Zmtp/RouterSocket.mqh>

input string InpSecret="";      // Secret key of the server, Z85
input string InpClients="";     // Public keys of admitted clients, Z85, one behind another
input int    InpTimerMs=1;      // Timer period, ms
input int    InpSliceMs=15;     // Time in one timer event, ms
input int    InpHandshakeMs=3000;   // Handshake deadline, ms
input int    InpHeartbeatMs=5000;   // Time before a PING, ms
input int    InpSilenceMs=15000;    // Time before a silent peer is dropped, ms
input int    InpPeersMax=32;    // Connections per socket
input int    InpQueueSoft=1048576;  // Queue above which messages may be skipped, bytes
input int    InpQueueMax=16777216;  // Queue at which a peer is dropped, bytes
input int    InpFrameMax=1048576;   // Largest frame, bytes

CWinsock      g_network;
CPullSocket   g_pull;
CPubSocket    g_pub;
CRouterSocket g_router;
CZmtpPoll     g_poll;
CZmtpMessage  g_message;
CZmtpMessage  g_answer;
int           g_inits=0;

//+------------------------------------------------------------------+
//| Opens one socket on a free loopback port                         |
//+------------------------------------------------------------------+
bool OpenServer(CZmtpServer &server,const uchar &secret_key[])
  {
   uchar         key[];
   SNetEndpoint  endpoint;
   SZmtpOptions  options;
   CZmtpDefaults::Fill(options);
   options.handshake_ms=InpHandshakeMs;
   options.heartbeat_ms=InpHeartbeatMs;
   options.silence_ms=InpSilenceMs;
   options.peers_max=InpPeersMax;
   options.queue_soft=InpQueueSoft;
   options.queue_max=InpQueueMax;
   options.frame_max=InpFrameMax;
   endpoint.port=0;
   if(!CNetwork::ParseAddress("127.0.0.1",endpoint) || !server.SetSecret(secret_key))
      return(false);
   for(int i=0; i+40<=StringLen(InpClients); i+=40)
      if(!CZ85::Decode(StringSubstr(InpClients,i,40),key) || !server.Admit(key))
         return(false);
   return(server.Listen(g_network,endpoint,options));
  }
//+------------------------------------------------------------------+
//| Opens what is not open yet: a change of the chart keeps everything|
//+------------------------------------------------------------------+
int OnInit(void)
  {
   uchar        secret_key[];
   SZmtpOptions options;
   g_inits++;
   CZmtpDefaults::Fill(options);
   if(!g_pull.IsOpen())
     {
      if(!CZ85::Decode(InpSecret,secret_key) || !g_network.Startup() || !g_pull.Init(options) || !g_router.Init(options))
         return(INIT_FAILED);
      if(!OpenServer(g_pull,secret_key) || !OpenServer(g_pub,secret_key) || !OpenServer(g_router,secret_key))
         return(INIT_FAILED);
     }
   if(!EventSetMillisecondTimer(InpTimerMs))
      return(INIT_FAILED);
   Print("ports ",g_pull.Port()," ",g_pub.Port()," ",g_router.Port()," ",g_inits);
   return(INIT_SUCCEEDED);
  }
//+------------------------------------------------------------------+
//| Closes everything, unless only the chart changes                 |
//+------------------------------------------------------------------+
void OnDeinit(const int reason)
  {
   EventKillTimer();
   if(reason==REASON_CHARTCHANGE)
      return;
   g_pull.Close(g_network);
   g_pub.Close(g_network);
   g_router.Close(g_network);
   g_network.Shutdown();
  }
//+------------------------------------------------------------------+
//| What the sockets have seen                                       |
//+------------------------------------------------------------------+
bool Counters(uchar &text[])
  {
   CJsonWriter writer;
   writer.BeginObject();
   writer.Name("pull");
   writer.Long(g_pull.ReadyPeers());
   writer.Name("pub");
   writer.Long(g_pub.ReadyPeers());
   writer.Name("router");
   writer.Long(g_router.ReadyPeers());
   writer.Name("connections");
   writer.Long(g_pull.Connections()+g_pub.Connections()+g_router.Connections());
   writer.Name("subscriptions");
   writer.Long(g_pub.Subscriptions());
   writer.Name("skipped");
   writer.Ulong(g_pub.Skipped());
   writer.Name("faults");
   writer.BeginObject();
   for(int i=0; i<ZMTP_FAULT_KINDS; i++)
     {
      ENUM_ZMTP_FAULT fault=(ENUM_ZMTP_FAULT)i;
      writer.Name(EnumToString(fault));
      writer.Ulong(g_pull.Faults(fault)+g_pub.Faults(fault)+g_router.Faults(fault));
     }
   writer.EndObject();
   writer.EndObject();
   return(writer.Finish(text));
  }
//+------------------------------------------------------------------+
//| Publishes as many messages as asked for: {"flood":count,"size":bytes,"skip":true}|
//+------------------------------------------------------------------+
bool Flood(const CJsonReader &reader)
  {
   CZmtpMessage message;
   uchar        topic[6];
   uchar        body[];
   long         count=0;
   long         size=0;
   bool         may_skip=false;
   if(!reader.GetLong(reader.Find(0,"flood"),count) || !reader.GetLong(reader.Find(0,"size"),size) ||
      !reader.GetBool(reader.Find(0,"skip"),may_skip) || size<8 || !CBytes::Resize(body,(int)size))
      return(false);
   CBytes::PutAscii(topic,0,"flood");
   topic[5]=0;
   ArrayFill(body,0,(int)size,0);
   for(long i=0; i<count; i++)
     {
      message.Clear();
      CBytes::PutUint64Be(body,0,(ulong)i);
      if(!message.AddWhole(topic) || !message.AddWhole(body))
         return(false);
      if(g_pub.Publish(message,may_skip)==0 && !may_skip)
         return(false);
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| ROUTER: counters and floods for those who ask in JSON, an echo for all others|
//+------------------------------------------------------------------+
void Serve(void)
  {
   CJsonReader reader;
   uchar       body[];
   uchar       text[];
   while(g_router.Receive(g_message))
     {
      int first=CRouterSocket::Envelope(g_message);
      if(!CRouterSocket::Answer(g_message,g_answer) || !g_message.GetFrame(first,body))
         continue;
      if(reader.Parse(body) && reader.Kind(0)==JSON_OBJECT)
        {
         string done="true";
         if(reader.Find(0,"flood")>=0 && !Flood(reader))
            done="false";
         if(Counters(text) && g_answer.AddWhole(text))
            Print("served ",done);
        }
      else
         for(int i=first; i<g_message.Frames(); i++)
            if(g_message.GetFrame(i,body) && !g_answer.AddWhole(body))
               Print("too many frames");
      if(!g_router.Send(g_network,g_answer))
         Print("answer lost");
     }
  }
//+------------------------------------------------------------------+
//| Reads, acts and writes until the slice is over                   |
//+------------------------------------------------------------------+
void OnTimer(void)
  {
//--- GetTickCount64 moves in steps of 10 to 16 ms
   ulong now=GetMicrosecondCount()/1000;
   ulong until=now+(ulong)InpSliceMs;
   while(now<until && !IsStopped())
     {
      int wait=(int)(until-now);
      g_poll.Reset();
      g_pull.Prepare(g_poll);
      g_pub.Prepare(g_poll);
      g_router.Prepare(g_poll);
      if(g_pull.HasMore() || g_router.HasMore())
         wait=0;
      if(g_poll.Wait(g_network,wait)<0)
        {
         Print("poll failed ",g_network.LastFault());
         return;
        }
      now=GetMicrosecondCount()/1000;
      g_pull.Service(g_network,g_poll,now);
      g_pub.Service(g_network,g_poll,now);
      g_router.Service(g_network,g_poll,now);
      while(g_pull.Receive(g_message))
         if(g_pub.Publish(g_message,false)<0)
            Print("publish failed");
      Serve();
      g_pub.FlushAll(g_network,now);
      g_router.FlushAll(g_network,now);
     }
  }
//+------------------------------------------------------------------+
